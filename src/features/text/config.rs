//! What `config.json` says of a model of the Llama family.

use serde::Deserialize;

use crate::features::hub::{self, Configuration};

/// Largest vocabulary that is believed.
const LARGEST_VOCABULARY: i64 = 1 << 22;

/// Sizes of the model, named as in the file.
#[derive(Clone, Debug, Deserialize)]
pub struct LlamaConfig {
    pub vocab_size: i64,
    pub hidden_size: i64,
    pub intermediate_size: i64,
    pub num_hidden_layers: i64,
    pub num_attention_heads: i64,
    /// As many as there are attention heads where it is absent.
    pub num_key_value_heads: Option<i64>,
    /// The hidden size shared out over the heads where it is absent.
    pub head_dim: Option<i64>,
    pub hidden_act: Activation,
    pub rms_norm_eps: f64,
    /// Most tokens a context may have.
    pub max_position_embeddings: usize,
    #[serde(default)]
    pub attention_bias: bool,
    #[serde(default)]
    pub mlp_bias: bool,
    /// The base of the rotary angles, where `rope_parameters` does not hold it.
    pub rope_theta: Option<f64>,
    /// The older form of `rope_parameters`.
    pub rope_scaling: Option<RopeParameters>,
    pub rope_parameters: Option<RopeParameters>,
}

/// The non-linearity of the gate.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Activation {
    Silu,
}

/// How the angles of the rotary embedding fall with the channel.
#[derive(Clone, Debug, Deserialize)]
pub struct RopeParameters {
    pub rope_theta: Option<f64>,
    #[serde(flatten)]
    pub scaling: RopeScaling,
}

/// A change of the angles for contexts longer than those of the first training.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(tag = "rope_type", rename_all = "lowercase")]
pub enum RopeScaling {
    Default,
    /// Slow angles are divided by `factor`, fast ones kept, those between blended.
    Llama3 {
        factor: f32,
        low_freq_factor: f32,
        high_freq_factor: f32,
        original_max_position_embeddings: f32,
    },
}

impl LlamaConfig {
    pub fn key_value_heads(&self) -> i64 {
        self.num_key_value_heads.unwrap_or(self.num_attention_heads)
    }

    pub fn head_width(&self) -> i64 {
        self.head_dim.unwrap_or(self.hidden_size / self.num_attention_heads.max(1))
    }

    /// The base of the rotary angles.
    pub fn theta(&self) -> f64 {
        let stated = self.rope().and_then(|rope| rope.rope_theta).or(self.rope_theta);
        stated.unwrap_or(10_000.0)
    }

    pub fn scaling(&self) -> RopeScaling {
        self.rope().map_or(RopeScaling::Default, |rope| rope.scaling)
    }

    fn rope(&self) -> Option<&RopeParameters> {
        self.rope_parameters.as_ref().or(self.rope_scaling.as_ref())
    }
}

impl Configuration for LlamaConfig {
    const FILE: &'static str = "config.json";

    fn check(&self) -> Result<(), String> {
        hub::check_sizes(&[
            ("hidden_size", self.hidden_size),
            ("intermediate_size", self.intermediate_size),
            ("num_hidden_layers", self.num_hidden_layers),
            ("num_attention_heads", self.num_attention_heads),
            ("num_key_value_heads", self.key_value_heads()),
            ("head_dim", self.head_width()),
        ])?;
        if !(1..=LARGEST_VOCABULARY).contains(&self.vocab_size) {
            return Err(format!("vocab_size is {}, not between 1 and {LARGEST_VOCABULARY}", self.vocab_size));
        }
        if self.num_attention_heads % self.key_value_heads() != 0 {
            return Err(format!("{} heads do not share {} evenly", self.num_attention_heads, self.key_value_heads()));
        }
        if self.head_width() % 2 != 0 {
            return Err(format!("head_dim is {}: its channels do not pair up", self.head_width()));
        }
        if self.max_position_embeddings == 0 {
            return Err("max_position_embeddings is 0: no context fits".into());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    /// The sizes of Llama 3.2 3B.
    fn released() -> Value {
        json!({
            "vocab_size": 128_256, "hidden_size": 3_072, "intermediate_size": 8_192, "num_hidden_layers": 28,
            "num_attention_heads": 24, "num_key_value_heads": 8, "head_dim": 128, "hidden_act": "silu",
            "rms_norm_eps": 1e-5, "max_position_embeddings": 131_072, "rope_theta": 500_000.0,
            "rope_scaling": {
                "factor": 32.0, "high_freq_factor": 4.0, "low_freq_factor": 1.0,
                "original_max_position_embeddings": 8_192, "rope_type": "llama3",
            },
        })
    }

    fn parse(configuration: &Value) -> Result<LlamaConfig, String> {
        let config: LlamaConfig = serde_json::from_value(configuration.clone()).map_err(|error| error.to_string())?;
        config.check().map(|()| config)
    }

    #[test]
    fn both_forms_of_rope_say_the_same() {
        let older = parse(&released()).unwrap();
        let mut newer = released();
        let mut rope = newer["rope_scaling"].take();
        rope["rope_theta"] = newer["rope_theta"].take();
        newer["rope_parameters"] = rope;
        let newer = parse(&newer).unwrap();
        assert_eq!(newer.theta(), older.theta());
        assert_eq!(format!("{:?}", newer.scaling()), format!("{:?}", older.scaling()));
        assert!(matches!(newer.scaling(), RopeScaling::Llama3 { factor: 32.0, .. }));
    }

    #[test]
    fn what_is_absent_is_derived() {
        let mut configuration = released();
        for key in ["head_dim", "num_key_value_heads", "rope_theta", "rope_scaling"] {
            configuration[key] = Value::Null;
        }
        let config = parse(&configuration).unwrap();
        assert_eq!((config.head_width(), config.key_value_heads(), config.theta()), (128, 24, 10_000.0));
        assert!(matches!(config.scaling(), RopeScaling::Default));
    }

    #[test]
    fn refusals_name_the_value() {
        let with = |key: &str, value: Value| {
            let mut configuration = released();
            configuration[key] = value;
            parse(&configuration).unwrap_err()
        };
        assert_eq!(with("vocab_size", json!(0)), "vocab_size is 0, not between 1 and 4194304");
        assert_eq!(with("num_key_value_heads", json!(7)), "24 heads do not share 7 evenly");
        assert_eq!(with("head_dim", json!(127)), "head_dim is 127: its channels do not pair up");
        assert_eq!(with("num_attention_heads", json!(0)), "num_attention_heads is 0, not between 1 and 65536");
        assert!(with("hidden_act", json!("gelu")).contains("unknown variant `gelu`"));
        assert!(with("rope_scaling", json!({"rope_type": "yarn"})).contains("unknown variant `yarn`"));
    }

    proptest! {
        #[test]
        fn no_value_panics(key in prop::sample::select(released().as_object().unwrap().keys().cloned().collect::<Vec<_>>()), value in any::<i64>()) {
            let mut configuration = released();
            configuration[&key] = json!(value);
            if let Ok(config) = parse(&configuration) {
                prop_assert!(config.head_width() > 0);
            }
        }
    }
}
