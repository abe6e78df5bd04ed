// SPDX-License-Identifier: MPL-2.0
//! ONNX files, field by field.

/// How a file is written.
#[derive(Clone, Copy)]
pub struct Form {
    /// What stands before the names of weights.
    pub prefix: &'static str,
    /// Normalisations are several nodes, as before opset 17.
    pub old: bool,
    /// Numbers of 16 bits; they must be such numbers already.
    pub half: bool,
    /// Numbers stand in the lists of their type instead of in `raw_data`.
    pub lists: bool,
    /// Numbers are left out.
    pub empty: bool,
}

pub const PLAIN: Form = Form {
    prefix: "",
    old: false,
    half: false,
    lists: false,
    empty: false,
};

/// A message: fields one after another.
#[derive(Default, Clone)]
pub struct Message(pub Vec<u8>);

impl Message {
    pub fn varint(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.0.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.0.push(number as u8);
    }

    pub fn number(mut self, field: u64, number: u64) -> Self {
        self.varint(field << 3);
        self.varint(number);
        self
    }

    pub fn bytes(mut self, field: u64, bytes: impl AsRef<[u8]>) -> Self {
        let bytes = bytes.as_ref();
        self.varint(field << 3 | 2);
        self.varint(bytes.len() as u64);
        self.0.extend(bytes);
        self
    }
}

/// A file with this graph.
pub fn file(graph: &Message) -> Vec<u8> {
    let opset = Message::default().number(2, 17);
    let file = Message::default().number(1, 8).bytes(2, "pytorch");
    file.bytes(7, &graph.0).bytes(8, opset.0).0
}

pub fn node(op: &str, inputs: &[&str], outputs: &[&str]) -> Message {
    let node = inputs.iter().fold(Message::default(), |n, i| n.bytes(1, i));
    let node = outputs.iter().fold(node, |n, o| n.bytes(2, o));
    node.bytes(3, format!("/{op}")).bytes(4, op)
}

/// A property that is a list of numbers.
pub fn numbers(name: &str, numbers: &[u64]) -> Message {
    let attribute = Message::default().bytes(1, name);
    let attribute = numbers.iter().fold(attribute, |a, &n| a.number(8, n));
    attribute.number(20, 7)
}

/// A property that is a number.
pub fn number(name: &str, number: u64) -> Message {
    Message::default()
        .bytes(1, name)
        .number(3, number)
        .number(20, 2)
}

/// The field of a graph that lists what goes in, or with 12 what comes out: floats.
pub fn end(graph: Message, field: u64, name: &str, shape: &[Option<u64>]) -> Message {
    end_of(1, graph, field, name, shape)
}

/// The same of any type of numbers, as ONNX counts them.
pub fn end_of(kind: u64, graph: Message, field: u64, name: &str, shape: &[Option<u64>]) -> Message {
    let shape = shape.iter().fold(Message::default(), |all, fixed| {
        let dimension = match fixed {
            Some(n) => Message::default().number(1, *n),
            None => Message::default().bytes(2, "batch"),
        };
        all.bytes(1, dimension.0)
    });
    let tensor = Message::default().number(1, kind).bytes(2, shape.0);
    let kind = Message::default().bytes(1, tensor.0);
    graph.bytes(field, Message::default().bytes(1, name).bytes(2, kind.0).0)
}

/// The bits of a number of 16 bits.
fn half(number: f32) -> u16 {
    let bits = number.to_bits();
    let sign = (bits >> 16 & 0x8000) as u16;
    match bits & 0x7fff_ffff {
        0 => sign,
        rest => sign | ((rest - (112 << 23)) >> 13) as u16,
    }
}

/// The nearest such number towards zero, without those below 2⁻¹⁴.
pub fn as_half(number: f32) -> f32 {
    match number.abs() < 2_f32.powi(-14) {
        true => 0.0,
        false => f32::from_bits(number.to_bits() & !0x1fff),
    }
}

pub fn tensor(form: Form, name: &str, shape: &[usize], numbers: &[f32]) -> Message {
    let tensor = shape
        .iter()
        .fold(Message::default(), |t, &n| t.number(1, n as u64));
    let tensor = tensor
        .number(2, if form.half { 10 } else { 1 })
        .bytes(8, name);
    if form.empty {
        return tensor;
    }
    match (form.half, form.lists) {
        (false, lists) => {
            let bytes: Vec<u8> = numbers.iter().flat_map(|x| x.to_le_bytes()).collect();
            tensor.bytes(if lists { 4 } else { 9 }, bytes)
        }
        (true, false) => {
            let bytes: Vec<u8> = numbers
                .iter()
                .flat_map(|&x| half(x).to_le_bytes())
                .collect();
            tensor.bytes(9, bytes)
        }
        (true, true) => {
            let mut list = Message::default();
            numbers
                .iter()
                .for_each(|&x| list.varint(u64::from(half(x))));
            tensor.bytes(5, list.0)
        }
    }
}
