// SPDX-License-Identifier: MPL-2.0
mod mock;

use super::*;
use mock::{Mock, MockBackend, mock};
use std::sync::atomic::Ordering;
use std::sync::mpsc;
use std::time::{Duration, Instant};

fn engine(mock: &Arc<Mock>) -> Arc<Engine> {
    Engine::new(Arc::new(MockBackend(mock.clone())), None)
}

fn scheduler(threads: usize) -> Arc<Scheduler> {
    Scheduler::new(NonZeroUsize::new(threads).expect("there are threads"))
}

fn limits(threads: usize, windows: usize, batch: usize) -> Limits {
    let positive = |n| NonZeroUsize::new(n).expect("limits are positive");
    Limits {
        threads: positive(threads),
        windows: positive(windows),
        batch: positive(batch),
    }
}

fn stream(scheduler: &Arc<Scheduler>, engine: &Arc<Engine>, limits: Limits) -> Stream {
    Stream::new(scheduler, engine.clone(), limits).expect("there is a thread")
}

fn submit(stream: &Stream, mut task: Box<Task>, number: u64) {
    task.log_mel_mut().frames_mut()[0][0] = number as f32;
    stream.submit(task);
}

/// What comes of `numbers`: themselves, or an error's text.
fn run(stream: &Stream, numbers: impl Iterator<Item = u64>) -> Vec<Result<u64, String>> {
    let mut results = Vec::new();
    let mut keep = |task: Box<Task>| {
        let embedding = task.embedding().map(|embedding| embedding[0] as u64);
        results.push(embedding.map_err(ToString::to_string));
        stream.recycle(task);
    };
    for number in numbers {
        loop {
            match stream.next().expect("nobody cancels") {
                Next::Done(task) => keep(task),
                Next::Room(task) => break submit(stream, task, number),
            }
        }
    }
    while let Some(task) = stream.done().expect("nobody cancels") {
        keep(task);
    }
    results
}

#[test]
fn every_stream_gets_its_own_results_in_order() {
    for (threads, most) in [(1, 1), (3, 1), (2, 8)] {
        let mock = Arc::new(mock(most, 100));
        let (scheduler, engine) = (scheduler(threads), engine(&mock));
        thread::scope(|scope| {
            for number in 0..5 {
                let stream = stream(&scheduler, &engine, limits(threads, 1 + number as usize, 8));
                scope.spawn(move || {
                    let numbers = || (0..300).map(|i| i * 10 + number);
                    let results = run(&stream, numbers());
                    assert!(results.into_iter().eq(numbers().map(Ok)));
                });
            }
        });
        assert_eq!(engine.counts().windows, 1500);
        assert!(mock.busy[1].load(Ordering::SeqCst) <= threads);
        assert!(mock.largest.load(Ordering::SeqCst) <= most);
    }
}

#[test]
fn one_streams_failures_are_its_own() {
    let failing = Mock {
        fails: [7, 11, 13],
        ..mock(6, 100)
    };
    let mock = Arc::new(failing);
    let (scheduler, engine) = (scheduler(2), engine(&mock));
    thread::scope(|scope| {
        for number in 0..4 {
            let stream = stream(&scheduler, &engine, limits(2, 6, 6));
            scope.spawn(move || {
                let numbers = || (0..200).map(|i| 1 + i * 4 + number);
                let results = run(&stream, numbers());
                assert_eq!(results.len(), 200);
                for (number, result) in numbers().zip(results) {
                    let expected = [(13, "panicked"), (11, "told to fail"), (7, "damaged")];
                    let hit = expected.iter().find(|(by, _)| number.is_multiple_of(*by));
                    match (hit, &result) {
                        (None, Ok(found)) => assert_eq!(*found, number),
                        (Some((_, text)), Err(found)) if found.contains(text) => {}
                        _ => panic!("{number}: {result:?}"),
                    }
                }
            });
        }
    });
    let counts = engine.counts();
    let hit = |n: &u64| n.is_multiple_of(7) || n.is_multiple_of(11) || n.is_multiple_of(13);
    assert_eq!(counts.failed, (1..=800).filter(hit).count() as u64);
    assert_eq!(counts.windows + counts.failed, 800);
    assert!(counts.panics >= 800 / 13 && counts.out_of_memory == 0);
}

/// The window 0, and while it is held up, `1..=count` as one batch.
fn run_together(mock: &Arc<Mock>, engine: &Arc<Engine>, count: usize) -> Vec<Result<u64, String>> {
    let scheduler = scheduler(1);
    let stream = stream(&scheduler, engine, limits(1, count + 1, count));
    mock.held.store(true, Ordering::SeqCst);
    for number in 0..=count as u64 {
        let task = stream.try_room().expect("not cancelled");
        submit(&stream, task.expect("there is room for all"), number);
        eventually("the first is begun", || {
            mock.busy[0].load(Ordering::SeqCst) == 1
        });
    }
    mock.held.store(false, Ordering::SeqCst);
    run(&stream, 0..0)
}

#[test]
fn out_of_memory_halves_down_to_what_fits() {
    for room in 1..=16 {
        let mock = Arc::new(mock(16, room));
        let engine = engine(&mock);
        let results = run_together(&mock, &engine, 16);
        assert!(results.into_iter().eq((0..=16).map(Ok)), "room for {room}");
        let counts = engine.counts();
        assert_eq!(
            (counts.windows, counts.failed, counts.fallbacks),
            (17, 0, 0)
        );
        assert_eq!(counts.out_of_memory, counts.halved);
        assert_eq!(counts.out_of_memory == 0, room == 16);
        // Once learnt, it is not tried again with more.
        mock.largest.store(0, Ordering::SeqCst);
        assert_eq!(run_together(&mock, &engine, 16).len(), 17);
        let largest = mock.largest.load(Ordering::SeqCst);
        assert!(largest <= room, "{largest} for {room}");
    }
}

#[test]
fn without_memory_for_one_window_the_other_back_end_computes() {
    let (device, cpu) = (Arc::new(mock(8, 0)), Arc::new(mock(1, 1)));
    let [backend, fallback] =
        [&device, &cpu].map(|mock| -> Arc<dyn Backend> { Arc::new(MockBackend(mock.clone())) });
    let both = Engine::new(backend, Some(fallback));
    let results = run_together(&device, &both, 8);
    assert!(results.into_iter().eq((0..=8).map(Ok)));
    let counts = both.counts();
    assert_eq!((counts.fallbacks, counts.windows, counts.failed), (9, 9, 0));
    assert_eq!(cpu.largest.load(Ordering::SeqCst), 1);
    // Without another one, each has an error.
    let alone = engine(&device);
    let results = run_together(&device, &alone, 8);
    let memory =
        |result: &Result<u64, String>| result.as_ref().is_err_and(|text| text.contains("memory"));
    assert!(results.len() == 9 && results.iter().all(memory));
    assert_eq!(alone.counts().failed, 9);
}

#[test]
fn memory_that_comes_and_goes_loses_nothing() {
    let mock = Arc::new(mock(8, 8));
    let cpu = Arc::new(mock::mock(1, 1));
    let backend = Arc::new(MockBackend(mock.clone()));
    let engine = Engine::new(backend, Some(Arc::new(MockBackend(cpu))));
    let scheduler = scheduler(2);
    let (over, ended) = mpsc::channel::<()>();
    thread::scope(|scope| {
        let mock = &mock;
        scope.spawn(move || {
            let mut state = 1_u64;
            while ended.recv_timeout(Duration::from_micros(50))
                == Err(mpsc::RecvTimeoutError::Timeout)
            {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1);
                mock.room.store((state >> 60) as usize, Ordering::SeqCst);
            }
        });
        let streams: Vec<_> = (0..3)
            .map(|number| {
                let stream = stream(&scheduler, &engine, limits(2, 8, 8));
                scope.spawn(move || {
                    let numbers = || (0..400).map(|i| i * 3 + number);
                    let results = run(&stream, numbers());
                    assert!(results.into_iter().eq(numbers().map(Ok)));
                })
            })
            .collect();
        for stream in streams {
            stream.join().expect("the stream is served");
        }
        drop(over);
    });
    assert_eq!(engine.counts().windows, 1200);
}

#[test]
fn who_waits_is_woken_by_a_cancel() {
    let mock = Arc::new(mock(1, 1));
    let (scheduler, engine) = (scheduler(1), engine(&mock));
    let stream = stream(&scheduler, &engine, limits(1, 2, 1));
    mock.held.store(true, Ordering::SeqCst);
    for number in 0..2 {
        let task = stream
            .try_room()
            .expect("not cancelled")
            .expect("there is room for two");
        submit(&stream, task, number);
    }
    assert!(
        matches!(stream.try_room(), Ok(None)),
        "the queue is bounded"
    );
    thread::scope(|scope| {
        let waiting = scope.spawn(|| [stream.next().is_err(), stream.done().is_err()]);
        thread::sleep(Duration::from_millis(20));
        assert!(!waiting.is_finished());
        // The back end is still held up.
        stream.cancel();
        assert_eq!(waiting.join().expect("no panic"), [true, true]);
    });
    // What was begun before comes back as room, not as a result.
    stream.resume();
    assert!(stream.done().expect("not cancelled").is_none());
    mock.held.store(false, Ordering::SeqCst);
    assert!(run(&stream, 10..20).into_iter().eq((10..20).map(Ok)));
    let mut room = [(); 3].map(|()| stream.try_room().expect("not cancelled"));
    assert_eq!(room.iter().filter(|room| room.is_some()).count(), 2);
    stream.cancel();
    assert!(stream.try_room().is_err());
    // Handed in meanwhile, it is dropped.
    submit(&stream, room[0].take().expect("there was room"), 1);
    stream.resume();
    assert!(stream.done().expect("not cancelled").is_none());
}

#[test]
fn streams_take_turns() {
    let mock = Arc::new(mock(1, 1));
    let (scheduler, engine) = (scheduler(1), engine(&mock));
    let [long, short] = [50, 1].map(|windows| stream(&scheduler, &engine, limits(1, windows, 1)));
    mock.held.store(true, Ordering::SeqCst);
    for number in 0..50 {
        let task = long
            .try_room()
            .expect("not cancelled")
            .expect("there is room");
        submit(&long, task, number);
    }
    let task = short
        .try_room()
        .expect("not cancelled")
        .expect("there is room");
    submit(&short, task, 1);
    mock.held.store(false, Ordering::SeqCst);
    assert!(short.done().expect("not cancelled").is_some());
    drop(short);
    assert_eq!(run(&long, 0..0).len(), 50);
}

/// Waits until threads and sessions are as they should be.
fn eventually(what: &str, check: impl Fn() -> bool) {
    let begin = Instant::now();
    while !check() {
        assert!(begin.elapsed() < Duration::from_secs(20), "{what}");
        thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn threads_are_as_many_as_wanted_and_allowed() {
    let mock = Arc::new(mock(1, 1));
    let (scheduler, engine) = (scheduler(3), engine(&mock));
    let workers = || scheduler.lock().workers;
    let one = stream(&scheduler, &engine, limits(1, 1, 1));
    assert_eq!(workers(), 1);
    let many = stream(&scheduler, &engine, limits(100, 1, 1));
    assert_eq!(workers(), 3);
    drop(many);
    eventually("threads end", || workers() == 1);
    assert_eq!(run(&one, 0..3).len(), 3);
    drop(one);
    eventually("all threads end", || workers() == 0);
    // Nobody holds the model any more.
    let backend = Arc::downgrade(engine.backend());
    drop(engine);
    eventually("sessions are dropped", || backend.upgrade().is_none());
    let next = super::tests::engine(&mock);
    let again = stream(&scheduler, &next, limits(2, 1, 1));
    assert_eq!(run(&again, 0..3).len(), 3);
}

#[test]
fn a_session_is_used_again_until_it_panics() {
    let failing = Mock {
        fails: [0, 0, 100],
        ..mock(1, 1)
    };
    let mock = Arc::new(failing);
    let (scheduler, engine) = (scheduler(1), engine(&mock));
    let stream = stream(&scheduler, &engine, limits(1, 4, 1));
    run(&stream, 1..100);
    assert_eq!(mock.sessions.load(Ordering::SeqCst), 1);
    let results = run(&stream, 99..102);
    assert!(results[0].is_ok() && results[1].is_err() && results[2].is_ok());
    assert_eq!(mock.sessions.load(Ordering::SeqCst), 2);
    assert_eq!(engine.counts().panics, 1);
}
