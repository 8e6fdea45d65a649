//! Where a model runs and in which precision.

use std::fmt;
use std::str::FromStr;

use tch::{Cuda, Device, Kind};

use super::Error;

/// The device and the floating-point kind that a model's weights and activations have.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Compute {
    pub device: Device,
    pub kind: Kind,
}

impl Compute {
    /// Float32 where no precision is asked for, on every device: the published features are float32.
    ///
    /// # Errors
    /// [`Error::NoDevice`] when the device asked for does not exist; the text names those that do.
    pub fn new(device: DeviceChoice, precision: Option<Precision>) -> Result<Self, Error> {
        let device = device.find(Cuda::device_count().max(0) as usize)?;
        Ok(Self { device, kind: precision.unwrap_or(Precision::Float32).kind() })
    }
}

/// The device that the user asks for: `auto`, `cpu`, or `cuda:N`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum DeviceChoice {
    /// The first CUDA device, or the CPU where there is none.
    #[default]
    Auto,
    Cpu,
    Cuda(usize),
}

impl DeviceChoice {
    fn find(self, cuda_devices: usize) -> Result<Device, Error> {
        match self {
            Self::Cpu => Ok(Device::Cpu),
            Self::Auto if cuda_devices == 0 => Ok(Device::Cpu),
            Self::Auto => Ok(Device::Cuda(0)),
            Self::Cuda(index) if index < cuda_devices => Ok(Device::Cuda(index)),
            Self::Cuda(_) => Err(Error::NoDevice { asked: self.to_string(), available: available(cuda_devices) }),
        }
    }
}

fn available(cuda_devices: usize) -> String {
    match cuda_devices {
        0 => "there is cpu only".into(),
        1 => "there are cpu and cuda:0".into(),
        count => format!("there are cpu and cuda:0 to cuda:{}", count - 1),
    }
}

impl FromStr for DeviceChoice {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match text {
            "auto" => Ok(Self::Auto),
            "cpu" => Ok(Self::Cpu),
            _ => text
                .strip_prefix("cuda:")
                .and_then(|index| index.parse().ok())
                .map(Self::Cuda)
                .ok_or_else(|| Error::UnknownDevice { asked: text.to_owned() }),
        }
    }
}

impl fmt::Display for DeviceChoice {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => formatter.write_str("auto"),
            Self::Cpu => formatter.write_str("cpu"),
            Self::Cuda(index) => write!(formatter, "cuda:{index}"),
        }
    }
}

impl TryFrom<String> for DeviceChoice {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        text.parse()
    }
}

impl From<DeviceChoice> for String {
    fn from(device: DeviceChoice) -> Self {
        device.to_string()
    }
}

/// The floating-point precision that the user asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    Float32,
    Bfloat16,
}

impl Precision {
    fn kind(self) -> Kind {
        match self {
            Self::Float32 => Kind::Float,
            Self::Bfloat16 => Kind::BFloat16,
        }
    }
}

impl FromStr for Precision {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match text {
            "float32" => Ok(Self::Float32),
            "bfloat16" => Ok(Self::Bfloat16),
            _ => Err(Error::UnknownPrecision { asked: text.to_owned() }),
        }
    }
}

impl fmt::Display for Precision {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Float32 => "float32",
            Self::Bfloat16 => "bfloat16",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn auto_prefers_the_first_cuda_device() {
        assert_eq!(DeviceChoice::Auto.find(0).unwrap(), Device::Cpu);
        assert_eq!(DeviceChoice::Auto.find(2).unwrap(), Device::Cuda(0));
    }

    #[test]
    fn a_device_that_does_not_exist_is_refused_with_those_that_do() {
        let refusal = |index, devices| DeviceChoice::Cuda(index).find(devices).unwrap_err().to_string();
        assert_eq!(refusal(0, 0), "device cuda:0 does not exist here: there is cpu only");
        assert_eq!(refusal(1, 1), "device cuda:1 does not exist here: there are cpu and cuda:0");
        assert_eq!(refusal(4, 4), "device cuda:4 does not exist here: there are cpu and cuda:0 to cuda:3");
        assert_eq!(DeviceChoice::Cuda(3).find(4).unwrap(), Device::Cuda(3));
    }

    #[test]
    fn devices_and_precisions_read_as_they_are_written() {
        for text in ["auto", "cpu", "cuda:0", "cuda:12"] {
            assert_eq!(text.parse::<DeviceChoice>().unwrap().to_string(), text);
        }
        for text in ["float32", "bfloat16"] {
            assert_eq!(text.parse::<Precision>().unwrap().to_string(), text);
        }
        for text in ["", "cuda", "cuda:", "cuda:-1", "cuda:x", "CPU", "mps"] {
            assert!(text.parse::<DeviceChoice>().is_err(), "{text:?} was accepted");
        }
        assert!("float16".parse::<Precision>().is_err());
    }

    #[test]
    fn precision_is_float32_unless_asked() {
        assert_eq!(Compute::new(DeviceChoice::Cpu, None).unwrap().kind, Kind::Float);
        assert_eq!(Compute::new(DeviceChoice::Cpu, Some(Precision::Bfloat16)).unwrap().kind, Kind::BFloat16);
    }
}
