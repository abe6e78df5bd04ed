// SPDX-License-Identifier: MPL-2.0
//! Models of weights that any language can make, bit for bit: tests/differential/clap_reference.py
//! makes the same, and says what transformers makes of them.
#![allow(dead_code)] // each test uses its part
pub mod onnx;

/// What a model is like; names as transformers has them.
#[derive(Clone, Copy)]
pub struct Config {
    pub width: usize,
    pub depths: [usize; 4],
    pub heads: [usize; 4],
    pub dimensions: usize,
    /// Of the perceptron, against the width.
    pub ratio: usize,
    pub fused: bool,
}

/// 290 kB.
pub const TINY: Config = Config {
    width: 8,
    depths: [1, 2, 1, 1],
    heads: [1, 1, 2, 4],
    dimensions: 64,
    ratio: 2,
    fused: false,
};

pub const TINY_FUSED: Config = Config {
    fused: true,
    ..TINY
};

/// The sizes of `laion/clap-htsat-unfused`.
pub const UNFUSED: Config = Config {
    width: 96,
    depths: [2, 2, 6, 2],
    heads: [4, 8, 16, 32],
    dimensions: 512,
    ratio: 4,
    fused: false,
};

/// FNV-1a.
pub fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
    })
}

/// The upper 24 bits of SplitMix64, from −1 up to 1.
pub fn numbers(seed: u64) -> impl Iterator<Item = f32> {
    (1..).map(move |i: u64| {
        let z = seed.wrapping_add(i.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ z >> 31) >> 40) as f32 / (1 << 23) as f32 - 1.0
    })
}

/// A spectrogram, frame by frame.
pub fn log_mel(seed: &str) -> auris_clap::LogMel {
    let mut log_mel = auris_clap::LogMel::new();
    let places = log_mel.frames_mut().as_flattened_mut().iter_mut();
    for (place, number) in places.zip(numbers(hash(seed))) {
        *place = -35.0 + 30.0 * number;
    }
    log_mel
}

/// Names and shapes, in the order of the file.
pub fn tensors(config: &Config) -> Vec<(String, Vec<usize>)> {
    let mut all: Vec<(String, Vec<usize>)> = Vec::new();
    let mut add = |name: String, shape: &[usize]| all.push((name, shape.to_vec()));
    let encoder = |rest: &str| format!("audio_model.audio_encoder.{rest}");
    let width = config.width;
    for statistic in ["weight", "bias", "running_mean", "running_var"] {
        add(encoder(&format!("batch_norm.{statistic}")), &[64]);
    }
    let mut layer = |name: String, shape: &[usize], bias: bool| {
        add(format!("{name}.weight"), shape);
        if bias {
            add(format!("{name}.bias"), &shape[..1]);
        }
    };
    layer(encoder("patch_embed.proj"), &[width, 1, 4, 4], true);
    layer(encoder("patch_embed.norm"), &[width], true);
    layer(encoder("norm"), &[width * 8], true);
    let (inner, outer) = (config.dimensions, width * 8);
    layer("audio_projection.linear1".to_owned(), &[inner, outer], true);
    layer("audio_projection.linear2".to_owned(), &[inner, inner], true);
    for stage in 0..4 {
        let width = width << stage;
        for block in 0..config.depths[stage] {
            let name = |rest: &str| encoder(&format!("layers.{stage}.blocks.{block}.{rest}"));
            layer(name("layernorm_before"), &[width], true);
            layer(name("layernorm_after"), &[width], true);
            for part in ["query", "key", "value"] {
                layer(
                    name(&format!("attention.self.{part}")),
                    &[width, width],
                    true,
                );
            }
            layer(name("attention.output.dense"), &[width, width], true);
            let hidden = width * config.ratio;
            layer(name("intermediate.dense"), &[hidden, width], true);
            layer(name("output.dense"), &[width, hidden], true);
        }
        if stage < 3 {
            let name = |rest: &str| encoder(&format!("layers.{stage}.downsample.{rest}"));
            layer(name("norm"), &[4 * width], true);
            layer(name("reduction"), &[2 * width, 4 * width], false);
        }
    }
    if config.fused {
        layer(encoder("patch_embed.mel_conv2d"), &[width, 1, 4, 12], true);
        for (part, first) in [("local_att", 0), ("global_att", 1)] {
            let name =
                |i: usize| encoder(&format!("patch_embed.fusion_model.{part}.{}", first + i));
            layer(name(0), &[width / 4, width, 1, 1], true);
            layer(name(1), &[width / 4], true);
            layer(name(3), &[width, width / 4, 1, 1], true);
            layer(name(4), &[width], true);
        }
    }
    for stage in 0..4 {
        for block in 0..config.depths[stage] {
            let name = format!("layers.{stage}.blocks.{block}.attention.self.");
            let table = encoder(&format!("{name}relative_position_bias_table"));
            all.push((table, vec![225, config.heads[stage]]));
        }
    }
    if config.fused {
        for (part, first) in [("local_att", 0), ("global_att", 1)] {
            for (i, width) in [(1, width / 4), (4, width)] {
                for statistic in ["running_mean", "running_var"] {
                    let layer = format!("patch_embed.fusion_model.{part}.{}", first + i);
                    all.push((encoder(&format!("{layer}.{statistic}")), vec![width]));
                }
            }
        }
    }
    all.sort();
    all
}

/// The numbers of a tensor.
pub fn weights(name: &str, shape: &[usize]) -> Vec<f32> {
    // A power of two, for every language to have the same products.
    let inputs = shape[1..].iter().product::<usize>() as f64;
    let scale = (1.7 / inputs.sqrt()).log2().round_ties_even().exp2() as f32;
    let place: &dyn Fn(f32) -> f32 = if name.ends_with("running_mean") {
        &|u| -35.0 + 8.0 * u
    } else if name.ends_with("running_var") {
        &|u| 300.0 + 64.0 * u
    } else if name.contains("norm") && name.ends_with("weight") {
        &|u| 1.0 + 0.125 * u
    } else if name.ends_with("bias") || name.contains("bias_table") {
        &|u| 0.25 * u
    } else {
        &|u| scale * u
    };
    let numbers = numbers(hash(name)).take(shape.iter().product());
    numbers.map(place).collect()
}

/// A file of given tensors, as the safetensors library writes it.
pub fn file<'a>(tensors: impl IntoIterator<Item = (&'a str, &'a [usize], &'a [f32])>) -> Vec<u8> {
    let (mut header, mut data) = (String::from("{"), Vec::new());
    for (name, shape, numbers) in tensors {
        let begin = data.len();
        for number in numbers {
            data.extend(number.to_le_bytes());
        }
        let shape: Vec<String> = shape.iter().map(usize::to_string).collect();
        header += &format!(
            "{}\"{name}\":{{\"dtype\":\"F32\",\"shape\":[{}],\"data_offsets\":[{begin},{}]}}",
            if begin == 0 { "" } else { "," },
            shape.join(","),
            data.len(),
        );
    }
    header.push('}');
    with_header(&header, &data)
}

/// A file with this header, padded to a multiple of 8.
pub fn with_header(header: &str, data: &[u8]) -> Vec<u8> {
    let length = header.len().next_multiple_of(8);
    let mut file = (length as u64).to_le_bytes().to_vec();
    file.extend(header.bytes());
    file.resize(8 + length, b' ');
    file.extend(data);
    file
}

/// The file of a model.
pub fn model(config: &Config) -> Vec<u8> {
    changed_model(config, |_, _, _| {})
}

/// The file of a model whose tensors were changed before: names, shapes, and numbers.
pub fn changed_model(
    config: &Config,
    mut change: impl FnMut(&mut String, &mut Vec<usize>, &mut Vec<f32>),
) -> Vec<u8> {
    let tensors: Vec<_> = tensors(config)
        .into_iter()
        .map(|(mut name, mut shape)| {
            let mut numbers = weights(&name, &shape);
            change(&mut name, &mut shape, &mut numbers);
            (name, shape, numbers)
        })
        .collect();
    file(tensors.iter().map(|(n, s, w)| (n.as_str(), &s[..], &w[..])))
}
