//! A pickle machine that can build tensors and plain containers, and nothing else.
//!
//! It knows the opcodes that PyTorch emits at protocol 2 and the globals of a tensor; any other is refused by
//! name, so that no code of a checkpoint ever runs. Objects lie in one arena and refer to each other by index:
//! a pickle that nests without end or contains itself costs no stack. Every opcode makes at most one object
//! and text is borrowed from the file, so that memory is bounded by the size of the pickle.

use std::collections::HashMap;

use tch::Kind;

use super::Error;

/// The longest pickle that is read (bytes). That of the released model is a thousand times shorter.
const PICKLE_BYTES: usize = 16 << 20;
/// The longest text (bytes).
const TEXT_BYTES: usize = 1 << 20;
/// The most containers that may be open at once.
const OPEN_MARKS: usize = 1 << 10;
/// The most objects that may be remembered.
const MEMO_ENTRIES: usize = 1 << 20;

/// The objects of a pickle that was read to its end.
#[derive(Debug)]
pub(super) struct Pickle<'a> {
    objects: Vec<Object<'a>>,
    root: Id,
}

/// One object of a pickle, to walk from.
#[derive(Clone, Copy)]
pub(super) struct Node<'p, 'a> {
    pickle: &'p Pickle<'a>,
    id: Id,
}

/// What a storage's persistent identifier says: the kind, key and number of its elements.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Storage<'a> {
    pub(super) kind: Kind,
    pub(super) key: &'a str,
    pub(super) elements: usize,
}

/// A tensor as it was saved: a strided view of a storage, in elements.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct SavedTensor<'a> {
    pub(super) storage: Storage<'a>,
    pub(super) offset: usize,
    pub(super) shape: Vec<i64>,
    pub(super) strides: Vec<i64>,
}

type Id = usize;

#[derive(Debug)]
enum Object<'a> {
    None,
    Bool,
    Int(i64),
    Float,
    Text(&'a str),
    Tuple(Vec<Id>),
    List(Vec<Id>),
    Dict(Vec<(Id, Id)>),
    Global(Global),
    Storage(Storage<'a>),
    Tensor(Box<SavedTensor<'a>>),
}

/// The only names of Python that mean something here.
#[derive(Clone, Copy, Debug)]
enum Global {
    OrderedDict,
    RebuildTensor,
    RebuildParameter,
    StorageType(Kind),
}

impl Global {
    fn find(module: &str, name: &str) -> Result<Self, Error> {
        Ok(match (module, name) {
            ("collections", "OrderedDict") => Self::OrderedDict,
            ("torch._utils", "_rebuild_tensor_v2") => Self::RebuildTensor,
            ("torch._utils", "_rebuild_parameter") => Self::RebuildParameter,
            ("torch", "DoubleStorage") => Self::StorageType(Kind::Double),
            ("torch", "FloatStorage") => Self::StorageType(Kind::Float),
            ("torch", "HalfStorage") => Self::StorageType(Kind::Half),
            ("torch", "BFloat16Storage") => Self::StorageType(Kind::BFloat16),
            ("torch", "LongStorage") => Self::StorageType(Kind::Int64),
            ("torch", "IntStorage") => Self::StorageType(Kind::Int),
            ("torch", "ShortStorage") => Self::StorageType(Kind::Int16),
            ("torch", "CharStorage") => Self::StorageType(Kind::Int8),
            ("torch", "ByteStorage") => Self::StorageType(Kind::Uint8),
            ("torch", "BoolStorage") => Self::StorageType(Kind::Bool),
            _ => return Err(Error::Global { name: format!("{module}.{name}") }),
        })
    }
}

impl<'a> Pickle<'a> {
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, Error> {
        if bytes.len() > PICKLE_BYTES {
            return Err(Error::TooLarge { what: "the pickle", size: bytes.len(), limit: PICKLE_BYTES });
        }
        Machine::new(bytes).run()
    }

    pub(super) fn root(&self) -> Node<'_, 'a> {
        Node { pickle: self, id: self.root }
    }
}

impl<'p, 'a> Node<'p, 'a> {
    /// The value of a dictionary under a key that is text.
    pub(super) fn get(self, key: &str) -> Option<Self> {
        self.entries()?.rev().find_map(|(name, value)| (name.text() == Some(key)).then_some(value))
    }

    /// The keys and values of a dictionary, in order.
    pub(super) fn entries(self) -> Option<impl DoubleEndedIterator<Item = (Self, Self)>> {
        match self.object() {
            Object::Dict(entries) => Some(entries.iter().map(move |&(key, value)| (self.at(key), self.at(value)))),
            _ => None,
        }
    }

    /// The items of a tuple or a list, in order.
    pub(super) fn items(self) -> Option<impl Iterator<Item = Self>> {
        match self.object() {
            Object::Tuple(items) | Object::List(items) => Some(items.iter().map(move |&id| self.at(id))),
            _ => None,
        }
    }

    pub(super) fn text(self) -> Option<&'a str> {
        match self.object() {
            Object::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn integer(self) -> Option<i64> {
        match self.object() {
            Object::Int(value) => Some(*value),
            _ => None,
        }
    }

    pub(super) fn tensor(self) -> Option<&'p SavedTensor<'a>> {
        match self.object() {
            Object::Tensor(tensor) => Some(tensor),
            _ => None,
        }
    }

    fn object(self) -> &'p Object<'a> {
        &self.pickle.objects[self.id]
    }

    fn at(self, id: Id) -> Self {
        Self { id, ..self }
    }
}

/// The stack machine that a pickle is a program for.
struct Machine<'a> {
    bytes: &'a [u8],
    position: usize,
    objects: Vec<Object<'a>>,
    stack: Vec<Id>,
    marks: Vec<usize>,
    memo: HashMap<u32, Id>,
}

impl<'a> Machine<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, position: 0, objects: Vec::new(), stack: Vec::new(), marks: Vec::new(), memo: HashMap::new() }
    }

    fn run(mut self) -> Result<Pickle<'a>, Error> {
        loop {
            match self.byte()? {
                b'.' => {
                    let root = self.pop()?;
                    return Ok(Pickle { objects: self.objects, root });
                }
                opcode => self.step(opcode)?,
            }
        }
    }

    fn step(&mut self, opcode: u8) -> Result<(), Error> {
        match opcode {
            0x80 => self.protocol(),
            b'N' => self.push(Object::None),
            0x88 | 0x89 => self.push(Object::Bool),
            b'K' => self.byte().and_then(|value| self.push(Object::Int(value.into()))),
            b'M' => self.array().and_then(|value| self.push(Object::Int(u16::from_le_bytes(value).into()))),
            b'J' => self.array().and_then(|value| self.push(Object::Int(i32::from_le_bytes(value).into()))),
            0x8a => self.long(),
            b'G' => self.array::<8>().and_then(|_| self.push(Object::Float)),
            b'X' => self.text(),
            b'(' => self.mark(),
            b')' => self.push(Object::Tuple(Vec::new())),
            0x85 => self.tuple(1),
            0x86 => self.tuple(2),
            0x87 => self.tuple(3),
            b't' => self.pop_mark().and_then(|items| self.push(Object::Tuple(items))),
            b']' => self.push(Object::List(Vec::new())),
            b'a' => self.pop().and_then(|item| self.append(vec![item])),
            b'e' => self.pop_mark().and_then(|items| self.append(items)),
            b'}' => self.push(Object::Dict(Vec::new())),
            b's' => self.pop_many(2).and_then(|pair| self.set(&pair)),
            b'u' => self.pop_mark().and_then(|pairs| self.set(&pairs)),
            b'q' => self.byte().and_then(|key| self.remember(key.into())),
            b'r' => self.array().and_then(|key| self.remember(u32::from_le_bytes(key))),
            b'h' => self.byte().and_then(|key| self.recall(key.into())),
            b'j' => self.array().and_then(|key| self.recall(u32::from_le_bytes(key))),
            b'c' => self.global(),
            b'Q' => self.storage(),
            b'R' => self.reduce(),
            b'b' => self.build(),
            _ => Err(Error::Opcode { name: opcode_name(opcode), position: self.position - 1 }),
        }
    }

    fn protocol(&mut self) -> Result<(), Error> {
        match self.byte()? {
            2 => Ok(()),
            version => Err(Error::Protocol { version }),
        }
    }

    /// An integer of as many little-endian bytes as the first one says, in two's complement.
    fn long(&mut self) -> Result<(), Error> {
        let length = self.byte()?;
        let digits = self.take(length.into())?;
        let negative = digits.last().is_some_and(|&byte| byte >= 0x80);
        let mut bytes = [if negative { 0xff } else { 0 }; 8];
        bytes
            .get_mut(..digits.len())
            .ok_or_else(|| self.malformed("an integer of more than 64 bits"))?
            .copy_from_slice(digits);
        self.push(Object::Int(i64::from_le_bytes(bytes)))
    }

    fn text(&mut self) -> Result<(), Error> {
        let length = u32::from_le_bytes(self.array()?) as usize;
        if length > TEXT_BYTES {
            return Err(Error::TooLarge { what: "a text in the pickle", size: length, limit: TEXT_BYTES });
        }
        let bytes = self.take(length)?;
        let text = std::str::from_utf8(bytes).map_err(|_| self.malformed("a text that is not UTF-8"))?;
        self.push(Object::Text(text))
    }

    fn mark(&mut self) -> Result<(), Error> {
        if self.marks.len() == OPEN_MARKS {
            return Err(Error::TooLarge { what: "the nesting of the pickle", size: OPEN_MARKS + 1, limit: OPEN_MARKS });
        }
        self.marks.push(self.stack.len());
        Ok(())
    }

    fn tuple(&mut self, length: usize) -> Result<(), Error> {
        let items = self.pop_many(length)?;
        self.push(Object::Tuple(items))
    }

    fn append(&mut self, items: Vec<Id>) -> Result<(), Error> {
        match self.top()? {
            Object::List(list) => list.extend(items),
            _ => return Err(self.malformed("items appended to what is not a list")),
        }
        Ok(())
    }

    fn set(&mut self, pairs: &[Id]) -> Result<(), Error> {
        if !pairs.len().is_multiple_of(2) {
            return Err(self.malformed("a key without its value"));
        }
        match self.top()? {
            Object::Dict(entries) => entries.extend(pairs.chunks_exact(2).map(|pair| (pair[0], pair[1]))),
            _ => return Err(self.malformed("entries set on what is not a dictionary")),
        }
        Ok(())
    }

    fn remember(&mut self, key: u32) -> Result<(), Error> {
        if self.memo.len() == MEMO_ENTRIES {
            return Err(Error::TooLarge {
                what: "the memo of the pickle",
                size: MEMO_ENTRIES + 1,
                limit: MEMO_ENTRIES,
            });
        }
        let id = self.peek()?;
        self.memo.insert(key, id);
        Ok(())
    }

    fn recall(&mut self, key: u32) -> Result<(), Error> {
        let id = *self.memo.get(&key).ok_or_else(|| self.malformed("an object recalled before it was remembered"))?;
        self.stack.push(id);
        Ok(())
    }

    fn global(&mut self) -> Result<(), Error> {
        let module = self.line()?;
        let name = self.line()?;
        self.push(Object::Global(Global::find(module, name)?))
    }

    /// `("storage", type, key, device, number of elements)`; the device it was saved from does not matter.
    fn storage(&mut self) -> Result<(), Error> {
        let id = self.pop()?;
        let Object::Tuple(fields) = &self.objects[id] else {
            return Err(self.malformed("a persistent identifier that is not a tuple"));
        };
        let fields: Vec<&Object<'a>> = fields.iter().map(|&field| &self.objects[field]).collect();
        match fields[..] {
            [
                Object::Text("storage"),
                &Object::Global(Global::StorageType(kind)),
                &Object::Text(key),
                Object::Text(_),
                &Object::Int(elements),
            ] => {
                let elements = usize::try_from(elements).map_err(|_| self.malformed("a storage of negative length"))?;
                self.push(Object::Storage(Storage { kind, key, elements }))
            }
            _ => Err(self.malformed("a persistent identifier that is not a storage's")),
        }
    }

    /// Calls a global: the three that may be called are done here, by hand.
    fn reduce(&mut self) -> Result<(), Error> {
        let call = self.pop_many(2)?;
        let (Object::Global(global), Object::Tuple(arguments)) = (&self.objects[call[0]], &self.objects[call[1]])
        else {
            return Err(self.malformed("a call of what is not a known function"));
        };
        match (global, &arguments[..]) {
            (Global::OrderedDict, []) => self.push(Object::Dict(Vec::new())),
            (Global::RebuildTensor, &[storage, offset, shape, strides, ..]) => {
                let tensor = self.saved_tensor(storage, offset, shape, strides);
                let tensor = tensor.ok_or_else(|| self.malformed("a tensor whose parts are not those of a tensor"))?;
                self.push(Object::Tensor(Box::new(tensor)))
            }
            (Global::RebuildParameter, &[tensor, ..]) if matches!(self.objects[tensor], Object::Tensor(_)) => {
                self.stack.push(tensor);
                Ok(())
            }
            _ => Err(self.malformed(&format!("a call of {global:?} with arguments that it does not take"))),
        }
    }

    fn saved_tensor(&self, storage: Id, offset: Id, shape: Id, strides: Id) -> Option<SavedTensor<'a>> {
        match (&self.objects[storage], &self.objects[offset]) {
            (&Object::Storage(storage), &Object::Int(offset)) => Some(SavedTensor {
                storage,
                offset: usize::try_from(offset).ok()?,
                shape: self.integers(shape)?,
                strides: self.integers(strides)?,
            }),
            _ => None,
        }
    }

    fn integers(&self, id: Id) -> Option<Vec<i64>> {
        let Object::Tuple(items) = &self.objects[id] else { return None };
        items.iter().map(|&item| if let Object::Int(value) = self.objects[item] { Some(value) } else { None }).collect()
    }

    /// Attributes of a dictionary (PyTorch keeps its modules' versions there) are dropped; nothing else has any.
    fn build(&mut self) -> Result<(), Error> {
        self.pop()?;
        match self.top()? {
            Object::Dict(_) => Ok(()),
            _ => Err(self.malformed("attributes set on what is not a dictionary")),
        }
    }

    fn push(&mut self, object: Object<'a>) -> Result<(), Error> {
        self.stack.push(self.objects.len());
        self.objects.push(object);
        Ok(())
    }

    /// How many objects of the stack lie above the last mark.
    fn reachable(&self) -> usize {
        self.stack.len() - self.marks.last().copied().unwrap_or(0)
    }

    fn pop(&mut self) -> Result<Id, Error> {
        let id = self.peek()?;
        self.stack.pop();
        Ok(id)
    }

    fn pop_many(&mut self, count: usize) -> Result<Vec<Id>, Error> {
        if self.reachable() < count {
            return Err(self.malformed("an empty stack"));
        }
        Ok(self.stack.split_off(self.stack.len() - count))
    }

    fn pop_mark(&mut self) -> Result<Vec<Id>, Error> {
        let mark = self.marks.pop().ok_or_else(|| self.malformed("the end of a container that was not begun"))?;
        Ok(self.stack.split_off(mark))
    }

    fn peek(&self) -> Result<Id, Error> {
        match self.stack.last() {
            Some(&id) if self.reachable() > 0 => Ok(id),
            _ => Err(self.malformed("an empty stack")),
        }
    }

    fn top(&mut self) -> Result<&mut Object<'a>, Error> {
        let id = self.peek()?;
        Ok(&mut self.objects[id])
    }

    fn byte(&mut self) -> Result<u8, Error> {
        self.array().map(|[byte]| byte)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let rest = &self.bytes[self.position..];
        let array = *rest.first_chunk().ok_or_else(|| self.malformed("its end"))?;
        self.position += N;
        Ok(array)
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], Error> {
        let taken = self.bytes[self.position..].get(..length).ok_or_else(|| self.malformed("its end"))?;
        self.position += length;
        Ok(taken)
    }

    fn line(&mut self) -> Result<&'a str, Error> {
        let length = self.bytes[self.position..]
            .iter()
            .position(|&byte| byte == b'\n')
            .ok_or_else(|| self.malformed("its end"))?;
        let line = self.take(length)?;
        self.position += 1;
        std::str::from_utf8(line).map_err(|_| self.malformed("a name that is not UTF-8"))
    }

    fn malformed(&self, what: &str) -> Error {
        Error::Malformed { what: what.to_owned(), position: self.position }
    }
}

/// What Python calls an opcode that is refused.
fn opcode_name(opcode: u8) -> String {
    let name = match opcode {
        b'0' => "POP",
        b'1' => "POP_MARK",
        b'2' => "DUP",
        b'F' => "FLOAT",
        b'I' => "INT",
        b'L' => "LONG",
        b'P' => "PERSID",
        b'S' => "STRING",
        b'T' => "BINSTRING",
        b'U' => "SHORT_BINSTRING",
        b'V' => "UNICODE",
        b'B' => "BINBYTES",
        b'C' => "SHORT_BINBYTES",
        b'd' => "DICT",
        b'l' => "LIST",
        b'g' => "GET",
        b'p' => "PUT",
        b'i' => "INST",
        b'o' => "OBJ",
        0x81 => "NEWOBJ",
        0x82 => "EXT1",
        0x83 => "EXT2",
        0x84 => "EXT4",
        0x8b => "LONG4",
        0x8c => "SHORT_BINUNICODE",
        0x8d => "BINUNICODE8",
        0x8e => "BINBYTES8",
        0x8f => "EMPTY_SET",
        0x90 => "ADDITEMS",
        0x91 => "FROZENSET",
        0x92 => "NEWOBJ_EX",
        0x93 => "STACK_GLOBAL",
        0x94 => "MEMOIZE",
        0x95 => "FRAME",
        0x96 => "BYTEARRAY8",
        0x97 => "NEXT_BUFFER",
        0x98 => "READONLY_BUFFER",
        _ => return format!("{opcode:#04x}"),
    };
    name.to_owned()
}
