use auris_dsp::eq::{band::*, cascade::Cascade, design};
use auris_dsp::simd::Level;
use std::time::Instant;
fn main() {
    for (ch, k, n) in [(2usize, 8usize, 1024usize), (16, 10, 1024), (8, 10, 1024), (6, 8, 1024), (16,5,1024)] {
        let mut c = Cascade::new(Level::best(), ch, k);
        for j in 0..k { let s = design::sections(&Band { freq: 60.0 * 1.7f64.powi(j as i32), gain: 3.0, width: Width::Q(2.0), ..Band::default() }, 48000.0, Design::Rbj).as_slice()[0];
            for i in 0..ch { c.set(i, j, s); } }
        let noise: Vec<f32> = (0..n * ch).map(|i| ((i * 7919 % 1000) as f32 - 500.0) / 4000.0).collect();
        let mut io = noise.clone();
        let mut best = f64::MAX;
        for _ in 0..3000 {
            io.copy_from_slice(&noise);
            let t = Instant::now();
            c.process_f32(&mut io);
            best = best.min(t.elapsed().as_secs_f64());
        }
        println!("{} {ch}x{k} n={n}: {:.2} ns/frame", Level::best().name(), best * 1e9 / n as f64);
    }
}
