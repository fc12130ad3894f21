//! Running code whose cost nobody vouches for: on a thread of its own with a large stack, within a time, and within an
//! amount of memory that the crate's allocator counts.
//!
//! Neither can be enforced from inside (memory has no way to fail but to end the process), so a thread that passes a
//! bound is left behind: for want of memory it sleeps for ever where it asked; past the time its answer has no reader.
//! The caller has its error, and is expected to end.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::mpsc::channel;
use std::time::Duration;

const STACK_BYTES: usize = 512 << 20;
const MEMORY_BYTES: i64 = 512 << 20;
const TIME: Duration = Duration::from_secs(5);

pub fn confined<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, String> + Send + 'static,
) -> Result<T, String> {
    let (sender, receiver) = channel();
    let thread = std::thread::Builder::new()
        .stack_size(STACK_BYTES)
        .spawn(move || {
            LEFT.set(MEMORY_BYTES);
            let answer = catch_unwind(AssertUnwindSafe(work));
            LEFT.set(i64::MAX);
            let _ = sender.send(answer);
        })
        .map_err(|error| format!("no thread for it: {error}"))?;
    let answer = receiver
        .recv_timeout(TIME)
        .map_err(|_| "it takes too much time or memory".to_string())?;
    let _ = thread.join();
    answer.unwrap_or_else(|_| Err("the engine gave up on it".to_string()))
}

thread_local! {
    /// Bytes that this thread may still allocate.
    static LEFT: Cell<i64> = const { Cell::new(i64::MAX) };
}

fn take(bytes: i64) {
    let left = LEFT.get().saturating_sub(bytes);
    LEFT.set(left);
    while bytes > 0 && left < 0 {
        std::thread::park();
    }
}

/// The system's allocator, counted by thread. Memory that one thread frees for another counts for the wrong one, which
/// only makes a bound inexact.
struct Counted;

#[global_allocator]
static ALLOCATOR: Counted = Counted;

// No layout is larger than isize::MAX.
unsafe impl GlobalAlloc for Counted {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        take(layout.size() as i64);
        System.alloc(layout)
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        take(layout.size() as i64);
        System.alloc_zeroed(layout)
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        take(new_size as i64 - layout.size() as i64);
        System.realloc(memory, layout, new_size)
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        take(-(layout.size() as i64));
        System.dealloc(memory, layout);
    }
}
