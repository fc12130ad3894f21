//! The C interface that sluice_tokenizers.h describes. Every pointer that comes in obeys that header; every function
//! that runs code of the crates behind it catches their panics.

mod buffers;
mod chat;
mod confine;
mod stream;

use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::{Arc, Once};

use buffers::{slice, Ids, Text};
use chat::ChatTemplate;
use stream::Stream;
use tokenizers::Tokenizer;

type Answer<T> = Result<T, String>;

/// What `sluice_tokenizer` points to.
pub struct Handle {
    tokenizer: Arc<Tokenizer>,
    max_id: i64,
}

/// Runs `work` and turns its error, or its panic, into one line of text.
fn guarded<T>(work: impl FnOnce() -> Answer<T>) -> Answer<T> {
    static SILENCE: Once = Once::new();
    // The default hook would print to the process's stderr; the caller reports the error instead.
    SILENCE.call_once(|| std::panic::set_hook(Box::new(|_| {})));
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err("the tokenizer gave up on this input".to_string()))
        .map_err(|message| message.replace(|c: char| c.is_control(), " "))
}

/// Puts an answer where the caller wants it.
unsafe fn deliver<T>(answer: Answer<T>, out: *mut T, error: *mut Text) -> bool {
    match answer {
        Ok(value) => {
            *out = value;
            true
        }
        Err(message) => {
            *error = Text::new(message);
            false
        }
    }
}

fn load(json: &[u8]) -> Answer<Handle> {
    let mut tokenizer = Tokenizer::from_bytes(json).map_err(|error| error.to_string())?;
    tokenizer.with_padding(None);
    tokenizer
        .with_truncation(None)
        .map_err(|error| error.to_string())?;
    let max_id = tokenizer
        .get_vocab(true)
        .into_values()
        .max()
        .map_or(-1, i64::from);
    Ok(Handle {
        tokenizer: Arc::new(tokenizer),
        max_id,
    })
}

fn encode(handle: &Handle, text: &[u8], add_special_tokens: bool) -> Answer<Ids> {
    let text = std::str::from_utf8(text).map_err(|error| format!("text is not UTF-8: {error}"))?;
    let encoding = handle
        .tokenizer
        .encode_fast(text, add_special_tokens)
        .map_err(|error| error.to_string())?;
    Ok(Ids::new(encoding.get_ids().to_vec()))
}

#[no_mangle]
pub unsafe extern "C" fn sluice_tokenizer_from_json(
    json: *const u8,
    size: usize,
    error: *mut Text,
) -> *mut Handle {
    match guarded(|| load(slice(json, size))) {
        Ok(handle) => Box::into_raw(Box::new(handle)),
        Err(message) => {
            *error = Text::new(message);
            std::ptr::null_mut()
        }
    }
}

#[no_mangle]
pub unsafe extern "C" fn sluice_tokenizer_free(handle: *mut Handle) {
    if !handle.is_null() {
        drop(Box::from_raw(handle));
    }
}

#[no_mangle]
pub unsafe extern "C" fn sluice_tokenizer_vocab_size(handle: *const Handle) -> usize {
    (*handle).tokenizer.get_vocab_size(true)
}

#[no_mangle]
pub unsafe extern "C" fn sluice_tokenizer_max_id(handle: *const Handle) -> i64 {
    (*handle).max_id
}

#[no_mangle]
pub unsafe extern "C" fn sluice_tokenizer_token_to_id(
    handle: *const Handle,
    token: *const u8,
    size: usize,
) -> i64 {
    std::str::from_utf8(slice(token, size))
        .ok()
        .and_then(|token| (*handle).tokenizer.token_to_id(token))
        .map_or(-1, i64::from)
}

#[no_mangle]
pub unsafe extern "C" fn sluice_tokenizer_has_id(handle: *const Handle, id: u32) -> bool {
    (*handle).tokenizer.id_to_token(id).is_some()
}

#[no_mangle]
pub unsafe extern "C" fn sluice_tokenizer_encode(
    handle: *const Handle,
    text: *const u8,
    size: usize,
    add_special_tokens: bool,
    ids: *mut Ids,
    error: *mut Text,
) -> bool {
    let answer = guarded(|| encode(&*handle, slice(text, size), add_special_tokens));
    deliver(answer, ids, error)
}

#[no_mangle]
pub unsafe extern "C" fn sluice_tokenizer_decode(
    handle: *const Handle,
    ids: *const u32,
    num_ids: usize,
    skip_special_tokens: bool,
    text: *mut Text,
    error: *mut Text,
) -> bool {
    let answer = guarded(|| {
        (*handle)
            .tokenizer
            .decode(slice(ids, num_ids), skip_special_tokens)
            .map(Text::new)
            .map_err(|error| error.to_string())
    });
    deliver(answer, text, error)
}

#[no_mangle]
pub unsafe extern "C" fn sluice_token_stream_new(
    handle: *const Handle,
    skip_special_tokens: bool,
) -> *mut Stream {
    let stream = Stream::new((*handle).tokenizer.clone(), skip_special_tokens);
    Box::into_raw(Box::new(stream))
}

#[no_mangle]
pub unsafe extern "C" fn sluice_token_stream_free(stream: *mut Stream) {
    if !stream.is_null() {
        drop(Box::from_raw(stream));
    }
}

#[no_mangle]
pub unsafe extern "C" fn sluice_token_stream_push(
    stream: *mut Stream,
    id: u32,
    text: *mut Text,
    error: *mut Text,
) -> bool {
    deliver(guarded(|| (*stream).push(id).map(Text::new)), text, error)
}

#[no_mangle]
pub unsafe extern "C" fn sluice_token_stream_finish(
    stream: *mut Stream,
    text: *mut Text,
    error: *mut Text,
) -> bool {
    deliver(guarded(|| (*stream).finish().map(Text::new)), text, error)
}

#[no_mangle]
pub unsafe extern "C" fn sluice_chat_template_new(
    source: *const u8,
    size: usize,
    error: *mut Text,
) -> *mut ChatTemplate {
    let answer = guarded(|| {
        let source = std::str::from_utf8(slice(source, size))
            .map_err(|error| format!("the template is not UTF-8: {error}"))?;
        ChatTemplate::new(source)
    });
    match answer {
        Ok(template) => Box::into_raw(Box::new(template)),
        Err(message) => {
            *error = Text::new(message);
            std::ptr::null_mut()
        }
    }
}

#[no_mangle]
pub unsafe extern "C" fn sluice_chat_template_free(template: *mut ChatTemplate) {
    if !template.is_null() {
        drop(Box::from_raw(template));
    }
}

#[no_mangle]
pub unsafe extern "C" fn sluice_chat_template_render(
    template: *const ChatTemplate,
    variables: *const u8,
    variables_size: usize,
    now: *const u8,
    now_size: usize,
    text: *mut Text,
    error: *mut Text,
) -> bool {
    let answer = guarded(|| {
        let now = std::str::from_utf8(slice(now, now_size)).map_err(|error| error.to_string())?;
        (*template)
            .render(slice(variables, variables_size), now)
            .map(Text::new)
    });
    deliver(answer, text, error)
}

#[no_mangle]
pub unsafe extern "C" fn sluice_text_free(text: *mut Text) {
    std::mem::take(&mut *text).free();
}

#[no_mangle]
pub unsafe extern "C" fn sluice_ids_free(ids: *mut Ids) {
    std::mem::take(&mut *ids).free();
}
