//! Buffers that Rust makes, C reads and Rust frees again.

/// `sluice_text` (T = u8) and `sluice_ids` (T = u32).
#[repr(C)]
pub struct Buffer<T> {
    data: *mut T,
    size: usize,
}

pub type Text = Buffer<u8>;
pub type Ids = Buffer<u32>;

impl<T> Default for Buffer<T> {
    fn default() -> Self {
        Buffer {
            data: std::ptr::null_mut(),
            size: 0,
        }
    }
}

impl<T> Buffer<T> {
    /// Takes over the elements of `values`.
    pub fn new(values: impl Into<Vec<T>>) -> Self {
        let values = values.into().into_boxed_slice();
        if values.is_empty() {
            return Self::default();
        }
        let size = values.len();
        Buffer {
            data: Box::into_raw(values).cast::<T>(),
            size,
        }
    }

    /// Safe only for buffers that `new` made and C has not changed.
    pub unsafe fn free(self) {
        if !self.data.is_null() {
            drop(Box::from_raw(std::ptr::slice_from_raw_parts_mut(
                self.data, self.size,
            )));
        }
    }
}

/// What C passes as pointer and size; a null pointer is allowed where the size is 0.
pub unsafe fn slice<'a, T>(data: *const T, size: usize) -> &'a [T] {
    if size == 0 {
        &[]
    } else {
        std::slice::from_raw_parts(data, size)
    }
}
