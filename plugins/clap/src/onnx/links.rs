// SPDX-License-Identifier: MPL-2.0
//! A graph as something to walk along.
use super::graph::{Graph, Node};
use super::tensor::Tensor;
use std::collections::HashMap;

/// Nodes that are looked at from one place: exporters need far fewer, and a walk may not take long.
const MOST_STEPS: usize = 64;

pub(super) struct Links<'a> {
    pub graph: &'a Graph,
    makers: HashMap<&'a str, &'a Node>,
    users: HashMap<&'a str, Vec<&'a Node>>,
}

impl<'a> Links<'a> {
    pub fn of(graph: &'a Graph) -> Self {
        let mut makers = HashMap::new();
        let mut users = HashMap::<_, Vec<_>>::new();
        for node in &graph.nodes {
            for output in &node.outputs {
                makers.insert(output.as_str(), node);
            }
            for input in &node.inputs {
                users.entry(input.as_str()).or_default().push(node);
            }
        }
        Links {
            graph,
            makers,
            users,
        }
    }

    /// The nodes that a value goes into, in the order of the file.
    pub fn users(&self, value: &str) -> impl Iterator<Item = &'a Node> + use<'a> {
        let users = self.users.get(value).cloned().unwrap_or_default();
        users.into_iter().take(MOST_STEPS)
    }

    /// The first user of a value that does this.
    pub fn user(&self, value: &str, op: &str) -> Option<&'a Node> {
        self.users(value).find(|node| node.op == op)
    }

    /// The node that a value comes from, past those that leave it as it is.
    pub fn maker(&self, mut value: &'a str) -> Option<&'a Node> {
        for _ in 0..MOST_STEPS {
            let node = *self.makers.get(value)?;
            match node.op.as_str() {
                "Identity" | "Cast" => value = node.inputs.first()?,
                _ => return Some(node),
            }
        }
        None
    }

    /// The stored tensor that a value is, and whether it is transposed on the way.
    pub fn stored(&self, mut value: &'a str) -> Option<(&'a str, &'a Tensor, bool)> {
        let mut transposed = false;
        for _ in 0..MOST_STEPS {
            if let Some(tensor) = self.graph.tensors.get(value) {
                return Some((value, tensor, transposed));
            }
            let node = *self.makers.get(value)?;
            transposed ^= match node.op.as_str() {
                "Identity" | "Cast" => false,
                "Transpose" if node.perm == [1, 0] => true,
                _ => return None,
            };
            value = node.inputs.first()?;
        }
        None
    }

    /// Goes on from a value through nodes that `through` lets pass, to the first, by distance, that
    /// `at` makes something of.
    pub fn follow<T>(
        &self,
        value: &'a str,
        through: &[&str],
        at: impl Fn(&'a Node) -> Option<T>,
    ) -> Option<T> {
        let (mut ahead, mut next) = (vec![value], 0);
        while let Some(&value) = ahead.get(next) {
            next += 1;
            for node in self.users(value) {
                if let Some(found) = at(node) {
                    return Some(found);
                }
                if ahead.len() < MOST_STEPS && through.contains(&node.op.as_str()) {
                    ahead.extend(node.outputs.iter().map(String::as_str));
                }
            }
        }
        None
    }
}
