//! The named tensors a model is built from, read from where they lie.
//!
//! A model walks the names of its checkpoint (`&weights / "encoder" / "layer" / 3`), states the shape of
//! each tensor and gets it: a view of the mapped file where precision and device allow, a converted copy
//! elsewhere. Faults are gathered, so that [`Weights::finish`] names every missing, extra or misshapen tensor
//! in one error.

mod layers;
mod mapped;
mod safetensors;
mod seeded;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::path::Path;
use std::rc::Rc;

use tch::{Device, Kind, Tensor};

pub use layers::{Embedding, LayerNorm, Linear, RmsNorm};
#[cfg(target_env = "gnu")]
pub use mapped::map_large_blocks;
pub use mapped::{MappedFile, View};
pub use safetensors::{
    Metadata, files as safetensors_files, open as open_safetensors, read_with_metadata, write as write_safetensors,
    write_tensors,
};
pub use seeded::save_safetensors;

/// Why a model cannot be built from its files.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("cannot read {path}")]
    Read { path: String, source: std::io::Error },
    #[error("cannot write {path}: {reason}")]
    Write { path: String, reason: String },
    #[error("{path} is not a safetensors file: {reason}")]
    Malformed { path: String, reason: String },
    #[error("{folder} holds neither model.safetensors nor model.safetensors.index.json")]
    NoWeights { folder: String },
    #[error("the weights in {origin} do not fit the model:\n  {}", faults.join("\n  "))]
    Misfit { origin: String, faults: Vec<String> },
}

/// How a tensor starts when it is made, not read.
#[derive(Clone, Copy, Debug)]
pub enum Init {
    Zeros,
    Ones,
    /// Normal with this standard deviation.
    Normal(f64),
}

/// A place in a tree of named tensors.
#[derive(Clone)]
pub struct Weights {
    tree: Rc<Tree>,
    path: String,
}

struct Tree {
    origin: String,
    source: Source,
    device: Device,
    kind: Kind,
    taken: RefCell<BTreeSet<String>>,
    ignored: RefCell<Vec<String>>,
    faults: RefCell<Vec<String>>,
    learns: Cell<bool>,
    learned: RefCell<BTreeMap<String, Tensor>>,
}

enum Source {
    Mapped(BTreeMap<String, View>),
    Seeded(seeded::Generator),
}

impl Weights {
    /// The safetensors of a folder in Hugging Face form: one file, or shards with their index.
    pub fn open(folder: &Path, device: Device, kind: Kind) -> Result<Self, Error> {
        let views = safetensors::open(folder)?;
        Ok(Self::from_views(folder.display().to_string(), views, device, kind))
    }

    /// Tensors already found in a mapped file; `origin` names it in errors.
    pub fn from_views(origin: String, views: BTreeMap<String, View>, device: Device, kind: Kind) -> Self {
        Self::new(origin, Source::Mapped(views), device, kind)
    }

    /// Random tensors that depend on nothing but the seed and their names: an untrained model.
    pub fn seeded(seed: u64, device: Device, kind: Kind) -> Self {
        Self::new(format!("seed {seed}"), Source::Seeded(seeded::Generator::new(seed)), device, kind)
    }

    fn new(origin: String, source: Source, device: Device, kind: Kind) -> Self {
        let tree = Tree {
            origin,
            source,
            device,
            kind,
            taken: RefCell::default(),
            ignored: RefCell::default(),
            faults: RefCell::default(),
            learns: Cell::default(),
            learned: RefCell::default(),
        };
        Self { tree: Rc::new(tree), path: String::new() }
    }

    pub fn device(&self) -> Device {
        self.tree.device
    }

    pub fn kind(&self) -> Kind {
        self.tree.kind
    }

    /// Whether the checkpoint has a tensor of this name here. A seeded tree has what it is asked for.
    pub fn contains(&self, name: &str) -> bool {
        match &self.tree.source {
            Source::Mapped(views) => views.contains_key(&self.full_name(name)),
            Source::Seeded(_) => false,
        }
    }

    /// From now on every tensor that is taken is a copy of its own that requires gradients, for [`Weights::learned`].
    pub fn require_gradients(&self) {
        self.tree.learns.set(true);
    }

    /// The tensors that were taken to be learned, by name. They share memory with the model that was built of them.
    pub fn learned(&self) -> BTreeMap<String, Tensor> {
        let learned = self.tree.learned.borrow();
        learned.iter().map(|(name, tensor)| (name.clone(), tensor.shallow_clone())).collect()
    }

    /// Declares that tensors whose names start like this belong to a part that is not built.
    pub fn ignore(&self, prefix: &str) {
        self.tree.ignored.borrow_mut().push(self.full_name(prefix));
    }

    /// The tensor `name` with exactly this shape, on the model's device in its precision.
    pub fn tensor(&self, name: &str, shape: &[i64], init: Init) -> Tensor {
        let name = self.full_name(name);
        self.tree.taken.borrow_mut().insert(name.clone());
        let found = match &self.tree.source {
            Source::Seeded(generator) => Ok(generator.tensor(&name, shape, init)),
            Source::Mapped(views) => match views.get(&name) {
                None => Err(format!("missing: {name} {shape:?}")),
                Some(view) if view.shape() != shape => {
                    Err(format!("misshapen: {name} is {:?}, the model needs {shape:?}", view.shape()))
                }
                Some(view) => Ok(view.tensor()),
            },
        };
        let tensor = found.map(|tensor| tensor.to_device(self.tree.device).to_kind(self.tree.kind));
        let tensor = tensor.unwrap_or_else(|fault| {
            self.tree.faults.borrow_mut().push(fault);
            Tensor::zeros([1], (self.tree.kind, self.tree.device)).expand_as(&shape_only(shape))
        });
        if self.tree.learns.get() { self.to_learn(name, &tensor) } else { tensor }
    }

    fn to_learn(&self, name: String, start: &Tensor) -> Tensor {
        let tensor = start.copy().set_requires_grad(true);
        self.tree.learned.borrow_mut().insert(name, tensor.shallow_clone());
        tensor
    }

    /// The check at the end of a model's construction: every tensor found, fitting, and used.
    pub fn finish(&self) -> Result<(), Error> {
        let mut faults = self.tree.faults.borrow().clone();
        if let Source::Mapped(views) = &self.tree.source {
            let taken = self.tree.taken.borrow();
            let ignored = self.tree.ignored.borrow();
            let is_extra =
                |name: &&String| !taken.contains(*name) && !ignored.iter().any(|prefix| name.starts_with(prefix));
            faults.extend(views.keys().filter(is_extra).map(|name| format!("extra: {name} {:?}", views[name].shape())));
        }
        if faults.is_empty() { Ok(()) } else { Err(Error::Misfit { origin: self.tree.origin.clone(), faults }) }
    }

    fn full_name(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }
}

/// A tensor of this shape that holds no memory of its own.
fn shape_only(shape: &[i64]) -> Tensor {
    Tensor::zeros([1], (Kind::Float, Device::Cpu)).expand(shape, false)
}

impl<T: Display> std::ops::Div<T> for &Weights {
    type Output = Weights;

    fn div(self, name: T) -> Weights {
        Weights { tree: Rc::clone(&self.tree), path: self.full_name(&name.to_string()) }
    }
}

impl<T: Display> std::ops::Div<T> for Weights {
    type Output = Weights;

    fn div(self, name: T) -> Weights {
        &self / name
    }
}
