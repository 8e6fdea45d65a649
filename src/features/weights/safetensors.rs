//! The safetensors of a model folder, mapped: `model.safetensors`, or the shards that its index names.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Component, Path, PathBuf};

use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use tch::{Device, Kind, Tensor};

use super::{Error, MappedFile, View};

/// The index of a sharded model: which file holds which tensor.
#[derive(serde::Deserialize)]
struct Index {
    weight_map: BTreeMap<String, String>,
}

/// Maps the safetensors of a folder; every tensor by its name.
pub fn open(folder: &Path) -> Result<BTreeMap<String, View>, Error> {
    let mut views = BTreeMap::new();
    for path in files(folder)? {
        views.extend(read(&path)?);
    }
    Ok(views)
}

/// The safetensors files of a model folder, in order.
pub fn files(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let single = folder.join("model.safetensors");
    if single.exists() {
        return Ok(vec![single]);
    }
    let path = folder.join("model.safetensors.index.json");
    if !path.exists() {
        return Err(Error::NoWeights { folder: folder.display().to_string() });
    }
    let malformed = |reason: String| Error::Malformed { path: path.display().to_string(), reason };
    let text =
        std::fs::read_to_string(&path).map_err(|source| Error::Read { path: path.display().to_string(), source })?;
    let index: Index = serde_json::from_str(&text).map_err(|error| malformed(error.to_string()))?;
    let shards: BTreeSet<String> = index.weight_map.into_values().collect();
    shards
        .into_iter()
        .map(|shard| {
            if is_plain_name(&shard) {
                Ok(folder.join(shard))
            } else {
                Err(malformed(format!("{shard:?} is not a file beside it")))
            }
        })
        .collect()
}

/// Writes tensors from where they lie, one after the other.
pub fn write(views: &BTreeMap<String, View>, path: &Path) -> Result<(), Error> {
    let failed = |error: safetensors::SafeTensorError| Error::Write {
        path: path.display().to_string(),
        reason: error.to_string(),
    };
    let tensors = views
        .iter()
        .map(|(name, view)| {
            let dtype = dtype(view.kind()).ok_or_else(|| Error::Write {
                path: path.display().to_string(),
                reason: format!("{name} is of kind {:?}, which no model here uses", view.kind()),
            })?;
            let shape = view.shape().iter().map(|&size| size as usize).collect();
            Ok((name.as_str(), TensorView::new(dtype, shape, view.bytes()).map_err(failed)?))
        })
        .collect::<Result<Vec<_>, Error>>()?;
    safetensors::serialize_to_file(tensors, None, path).map_err(failed)
}

/// What a file says of itself beside its tensors.
pub type Metadata = HashMap<String, String>;

/// Writes tensors of any device, through a file beside it that is renamed, so that the file is there whole or not at all.
pub fn write_tensors(tensors: &BTreeMap<String, Tensor>, metadata: Metadata, path: &Path) -> Result<(), Error> {
    let failed = |reason: String| Error::Write { path: path.display().to_string(), reason };
    let mut blocks = Vec::new();
    for (name, tensor) in tensors {
        let tensor = tensor.detach().to_device(Device::Cpu).contiguous();
        let dtype = dtype(tensor.kind())
            .ok_or_else(|| failed(format!("{name} is of kind {:?}, which no model here uses", tensor.kind())))?;
        let mut bytes = vec![0; tensor.numel() * tensor.kind().elt_size_in_bytes()];
        tensor.copy_data_u8(&mut bytes, tensor.numel());
        let shape: Vec<usize> = tensor.size().into_iter().map(|size| size as usize).collect();
        blocks.push((name, dtype, shape, bytes));
    }
    let views = blocks
        .iter()
        .map(|(name, dtype, shape, bytes)| Ok((name.as_str(), TensorView::new(*dtype, shape.clone(), bytes)?)))
        .collect::<Result<Vec<_>, safetensors::SafeTensorError>>();
    let unfinished = path.with_extension("unfinished");
    views
        .and_then(|views| safetensors::serialize_to_file(views, Some(metadata), &unfinished))
        .map_err(|error| failed(error.to_string()))?;
    std::fs::rename(&unfinished, path).map_err(|error| failed(error.to_string()))
}

/// The tensors of one file, mapped, and what it says of itself.
pub fn read_with_metadata(path: &Path) -> Result<(BTreeMap<String, View>, Metadata), Error> {
    let views = read(path)?.into_iter().collect();
    let malformed = |error: safetensors::SafeTensorError| Error::Malformed {
        path: path.display().to_string(),
        reason: error.to_string(),
    };
    let (_, header) = SafeTensors::read_metadata(MappedFile::open(path)?.bytes()).map_err(malformed)?;
    Ok((views, header.metadata().clone().unwrap_or_default()))
}

fn is_plain_name(name: &str) -> bool {
    let mut components = Path::new(name).components();
    matches!((components.next(), components.next()), (Some(Component::Normal(_)), None))
}

fn read(path: &Path) -> Result<Vec<(String, View)>, Error> {
    let malformed = |reason: String| Error::Malformed { path: path.display().to_string(), reason };
    let file = MappedFile::open(path)?;
    let tensors = SafeTensors::deserialize(file.bytes()).map_err(|error| malformed(error.to_string()))?;
    tensors
        .iter()
        .map(|(name, tensor)| {
            let kind = kind(tensor.dtype()).ok_or_else(|| {
                malformed(format!("{name} is of kind {:?}, which no model here uses", tensor.dtype()))
            })?;
            let shape = tensor.shape().iter().map(|&size| size as i64).collect();
            let view =
                View::new(kind, shape, tensor.data()).ok_or_else(|| malformed(format!("{name} is cut short")))?;
            Ok((name.to_owned(), view))
        })
        .collect()
}

/// The kinds that models are saved in, as safetensors and libtorch name them.
const KINDS: [(Dtype, Kind); 7] = [
    (Dtype::F64, Kind::Double),
    (Dtype::F32, Kind::Float),
    (Dtype::F16, Kind::Half),
    (Dtype::BF16, Kind::BFloat16),
    (Dtype::I64, Kind::Int64),
    (Dtype::I32, Kind::Int),
    (Dtype::U8, Kind::Uint8),
];

fn kind(dtype: Dtype) -> Option<Kind> {
    KINDS.iter().find_map(|&(name, kind)| (name == dtype).then_some(kind))
}

fn dtype(kind: Kind) -> Option<Dtype> {
    KINDS.iter().find_map(|&(dtype, name)| (name == kind).then_some(dtype))
}
