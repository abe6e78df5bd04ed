// SPDX-License-Identifier: MPL-2.0
//! One filter at work on an [`Input`].
use super::filter::Filter;
use super::input::Input;
use super::kernel::{Arithmetic, Factors, direct, join, multiply, untwist};
use super::transform::Work;
use auris_dsp::simd::Level;
use std::sync::Arc;

/// A filter, and what of its output is known ahead.
pub(super) struct Voice {
    pub(super) filter: Arc<Filter>,
    /// Per output channel, what the stages give, for the frames since and until they run together.
    ahead: Vec<Vec<f64>>,
}

impl Voice {
    pub(super) fn new(filter: Arc<Filter>) -> Self {
        let period = filter.plan.layout.period();
        Voice {
            ahead: vec![vec![0.0; period]; filter.channels()],
            filter,
        }
    }

    /// Makes what each stage gives for its block that `input` is in, or, if not `all`, of only
    /// those stages whose block begins now.
    pub(super) fn render<A: Arithmetic>(
        &mut self,
        level: Level,
        input: &Input,
        all: bool,
        work: &mut Work,
    ) {
        let plan = &self.filter.plan;
        let period = plan.layout.period();
        let stages = plan.layout.stages.iter().enumerate();
        for (i, stage) in stages
            .filter(|(_, s)| all || input.clock.is_multiple_of(s.block))
            .rev()
        {
            let transform = &plan.transforms[i];
            let at = input.clock % period / stage.block * stage.block;
            // The longest stage begins the sum, and the others add to it.
            let add = stage.block != period;
            for (output, ahead) in self.filter.outputs.iter().zip(&mut self.ahead) {
                let ahead = &mut ahead[at..][..stage.block];
                let mut any = false;
                for &(from, response) in &output.dense {
                    let response = &self.filter.response(response).stages[i];
                    if response.parts > 0 {
                        let (past, newest) = input.spectra(from, i);
                        let factors = Factors {
                            past,
                            slots: stage.parts,
                            newest,
                            response: &response.tiles,
                            parts: response.parts,
                        };
                        let (re, im) = (&mut work.re[..stage.block], &mut work.im[..stage.block]);
                        multiply::<A>(level, factors, re, im, any);
                        any = true;
                    }
                }
                if any {
                    join::<A>(level, &work.re, &work.im, &mut work.a[..stage.block]);
                    transform.inverse(work);
                    untwist::<A>(level, &work.b, &transform.twist, ahead, add);
                } else if !add {
                    ahead.fill(0.0);
                }
            }
        }
    }

    /// The output of one channel for the frames that `input` has just taken in.
    pub(super) fn emit<A: Arithmetic>(
        &self,
        level: Level,
        input: &Input,
        channel: usize,
        out: &mut [f64],
    ) {
        let layout = &self.filter.plan.layout;
        let output = &self.filter.outputs[channel];
        let mut delays = output.delays.iter().map(|delay| {
            let begin = input.at - delay.frames - layout.delay;
            (&input.samples(delay.from)[begin..], delay.gain)
        });
        if output.dense.is_empty() {
            match delays.next() {
                // Not added to zero: that would turn −0 into 0.
                Some((samples, gain)) => {
                    for (out, x) in out.iter_mut().zip(samples) {
                        *out = gain * x;
                    }
                }
                None => out.fill(0.0),
            }
        } else {
            let at = input.clock % layout.period();
            let ahead = self.ahead[channel].get(at..).unwrap_or(&[]);
            out.copy_from_slice(&ahead[..out.len()]);
            for &(from, response) in &output.dense {
                let head = &self.filter.response(response).head;
                if !head.is_empty() {
                    direct::<A>(level, input.samples(from), input.at, head, out);
                }
            }
        }
        for (samples, gain) in delays {
            for (out, x) in out.iter_mut().zip(samples) {
                *out += gain * x;
            }
        }
    }

    pub(super) fn reset(&mut self) {
        self.ahead.iter_mut().for_each(|ahead| ahead.fill(0.0));
    }
}
