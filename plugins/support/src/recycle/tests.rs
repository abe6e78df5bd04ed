// SPDX-License-Identifier: MPL-2.0
use super::*;
use std::collections::HashSet;

const VALUES: usize = 1000;

fn template() -> gst::Structure {
    gst::init().unwrap();
    let floats = || (0..VALUES).map(|_| 0f32);
    let rows = (0..2).map(|_| gst::Array::new(floats()).to_send_value());
    gst::Structure::builder("test")
        .field("time", 0u64)
        .field("list", gst::List::new(floats()))
        .field("rows", gst::Array::from_values(rows))
        .build()
}

fn element() -> gst::Element {
    gst::init().unwrap();
    gst::ElementFactory::make("identity").build().unwrap()
}

/// A message full of `number`.
fn make(pool: &MessagePool, element: &gst::Element, number: u32) -> gst::Message {
    let quark = glib::Quark::from_str;
    let values = vec![number as f32; VALUES];
    let draft = pool.message(|fields| {
        fields.set(quark("time"), &u64::from(number));
        fields.list(quark("list"), &values);
        fields.rows(quark("rows"), [&values[..]; 2].into_iter());
    });
    draft.from_source(element)
}

/// What such a message is full of.
fn read(message: &gst::Message) -> u32 {
    let structure = message.structure().unwrap();
    let names: Vec<_> = structure.fields().map(|name| name.to_string()).collect();
    assert_eq!(names, ["time", "list", "rows"]);
    let number = structure.get::<u64>("time").unwrap() as u32;
    let full = |values: &[glib::SendValue]| {
        assert_eq!(values.len(), VALUES);
        let mut values = values.iter();
        assert!(values.all(|value| value.get::<f32>() == Ok(number as f32)));
    };
    full(
        structure
            .get::<gst::ListRef<'_>>("list")
            .unwrap()
            .as_slice(),
    );
    let rows = structure.get::<gst::ArrayRef<'_>>("rows").unwrap();
    assert_eq!(rows.as_slice().len(), 2);
    for row in rows.as_slice() {
        full(row.get::<gst::ArrayRef<'_>>().unwrap().as_slice());
    }
    number
}

#[test]
fn a_message_comes_back_with_other_values() {
    let (pool, element) = (MessagePool::new(template(), 4), element());
    let mut seen = HashSet::new();
    let mut seqnums = Vec::new();
    for number in 0..100 {
        let message = make(&pool, &element, number);
        assert_eq!(read(&message), number);
        assert_eq!(message.src(), Some(element.upcast_ref()));
        seen.insert(message.as_ptr() as usize);
        seqnums.push(message.seqnum());
    }
    assert_eq!(seen.len(), 1);
    for (i, seqnum) in seqnums.iter().enumerate() {
        assert!(!seqnums[..i].contains(seqnum));
    }
}

#[test]
fn messages_that_are_kept_stay_as_they_are() {
    let (pool, element) = (MessagePool::new(template(), 4), element());
    let kept: Vec<_> = (0..50).map(|n| make(&pool, &element, n)).collect();
    let copy = kept[7].copy();
    for (number, message) in kept.iter().enumerate() {
        assert_eq!(read(message), number as u32);
    }
    drop(kept);
    assert_eq!(lock(&pool.idle.messages).len(), 4);
    // Four from before, and others.
    let more: Vec<_> = (0..6).map(|n| make(&pool, &element, 100 + n)).collect();
    assert_eq!(read(&more[5]), 105);
    assert_eq!(read(&copy), 7);
}

#[test]
fn what_an_application_changed_is_not_used_again() {
    type Change = fn(&mut gst::StructureRef);
    let changes: [Change; 7] = [
        |s| s.set("list", gst::List::new([1f32; VALUES - 1])),
        |s| s.set("list", gst::List::new([1i32; VALUES])),
        |s| s.set("list", gst::List::new(["text"; VALUES])),
        |s| s.set("list", gst::Array::new([1f32; VALUES])),
        |s| s.set("time", "now"),
        |s| s.remove_field("rows"),
        |s| s.set("rows", gst::Array::new([1f32; 2])),
    ];
    let element = element();
    for change in changes {
        let pool = MessagePool::new(template(), 4);
        let mut message = make(&pool, &element, 1);
        let first = message.as_ptr() as usize;
        change(message.get_mut().unwrap().structure_mut());
        drop(message);
        let message = make(&pool, &element, 2);
        assert_eq!(read(&message), 2);
        assert_ne!(message.as_ptr() as usize, first);
        // Freed when it was found changed: none like it waits.
        assert_eq!(lock(&pool.idle.messages).len(), 0);
    }
}

#[test]
fn a_pool_keeps_no_element_alive_and_no_message_needs_its_pool() {
    let (pool, element) = (MessagePool::new(template(), 4), element());
    let weak = element.downgrade();
    drop(make(&pool, &element, 1));
    let out = make(&pool, &element, 2);
    drop(element);
    assert!(weak.upgrade().is_some(), "as a message's source it lives");
    let last = out.copy();
    drop(pool);
    assert_eq!(read(&out), 2);
    drop(out);
    assert!(weak.upgrade().is_some());
    drop(last);
    assert!(weak.upgrade().is_none());
}

#[test]
fn whoever_waits_for_a_delivery_is_woken() {
    let (pool, element) = (MessagePool::new(template(), 4), element());
    let bus = gst::Bus::new();
    bus.set_sync_handler(|_, _| gst::BusSyncReply::Async);
    let first = make(&pool, &element, 1);
    let address = first.as_ptr() as usize;
    let reader = std::thread::spawn({
        let bus = bus.clone();
        move || {
            let patience = gst::ClockTime::from_seconds(20);
            let numbers = (0..3).map(|_| read(&bus.timed_pop(patience).unwrap()));
            numbers.collect::<Vec<_>>()
        }
    });
    bus.post(first).unwrap();
    for number in 2..4 {
        let message = make(&pool, &element, number);
        assert_eq!(message.as_ptr() as usize, address);
        bus.post(message).unwrap();
    }
    assert_eq!(reader.join().unwrap(), [1, 2, 3]);
}

#[test]
fn many_threads_may_let_messages_go_at_once() {
    let element = element();
    let pool = Arc::new(MessagePool::new(template(), 3));
    std::thread::scope(|scope| {
        let senders: Vec<_> = (0..4)
            .map(|_| {
                let (sender, receiver) = std::sync::mpsc::sync_channel::<(u32, gst::Message)>(8);
                scope.spawn(move || {
                    let mut held = std::collections::VecDeque::new();
                    for (number, message) in receiver {
                        held.push_back((number, message));
                        if held.len() > number as usize % 7 {
                            let (number, message) = held.pop_front().unwrap();
                            assert_eq!(read(&message), number);
                        }
                    }
                });
                sender
            })
            .collect();
        let (pool, element) = (pool.clone(), &element);
        scope.spawn(move || {
            for number in 0..2000 {
                let message = make(&pool, element, number);
                senders[number as usize % 4]
                    .send((number, message))
                    .unwrap();
            }
        });
    });
    assert!(lock(&pool.idle.messages).len() <= 3);
}

#[test]
fn a_draft_that_is_never_posted_comes_back() {
    let pool = MessagePool::new(template(), 1);
    drop(pool.message(|_| ()));
    assert_eq!(lock(&pool.idle.messages).len(), 1);
    let none = MessagePool::new(template(), 0);
    drop(none.message(|_| ()));
    assert_eq!(lock(&none.idle.messages).len(), 0);
}
