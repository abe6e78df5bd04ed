// SPDX-License-Identifier: MPL-2.0
use std::fmt::{self, Display, Formatter};
use std::str::FromStr;

/// Where ONNX Runtime computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Device {
    /// The processor.
    #[default]
    Cpu,
    /// An NVIDIA GPU, by its number.
    Cuda(u16),
}

impl Display for Device {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Device::Cpu => f.write_str("cpu"),
            Device::Cuda(number) => write!(f, "cuda:{number}"),
        }
    }
}

/// `cpu`, `cuda:` and a number, or `cuda` for the first.
impl FromStr for Device {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let number = match name {
            "cpu" => return Ok(Device::Cpu),
            "cuda" => Some(0),
            _ => name.strip_prefix("cuda:").and_then(|n| n.parse().ok()),
        };
        let number = number.ok_or_else(|| format!("{name} is neither cpu nor cuda:NUMBER"))?;
        Ok(Device::Cuda(number))
    }
}

#[cfg(test)]
mod tests {
    use super::Device;

    #[test]
    fn names_are_read_as_they_are_written() {
        for device in [Device::Cpu, Device::Cuda(0), Device::Cuda(65_535)] {
            assert_eq!(device.to_string().parse(), Ok(device));
        }
        assert_eq!("cuda".parse(), Ok(Device::Cuda(0)));
        for wrong in ["", "CPU", "cuda:", "cuda:-1", "cuda:65536", "cuda0"] {
            let told = wrong.parse::<Device>().expect_err("it is no device");
            assert!(told.contains("cuda:NUMBER"), "{told}");
        }
    }
}
