//! Chat templates: Jinja as transformers' apply_chat_template() runs it, by minijinja.
//!
//! A template comes with a model that nobody vouches for. It can reach nothing but its variables. `FUEL` bounds what it
//! costs (minijinja charges instructions, and the bytes of strings that they make), and `confined` what fuel misses:
//! lists that double, text of nested lists, and nesting as deep as the size of a template allows.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use chrono::NaiveDateTime;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Kwargs, Value};
use minijinja::{Environment, Error, ErrorKind, State};
use serde::Serialize;
use serde_json::ser::{Formatter, PrettyFormatter, Serializer};

use crate::confine::confined;

/// One unit pays for an instruction or for 64 bytes: 64 MiB of text in all, output included.
const FUEL: u64 = 1 << 20;
/// Bytes of JSON that one unit of fuel pays for.
const JSON_BYTES: u64 = 4;
const NAME: &str = "chat template";

/// What `sluice_chat_template` points to.
pub struct ChatTemplate {
    environment: Arc<Environment<'static>>,
}

impl ChatTemplate {
    pub fn new(source: &str) -> Result<Self, String> {
        let source = without_generation_tags(source);
        confined(move || {
            let mut environment = environment().map_err(|error| describe(&error))?;
            environment
                .add_template_owned(NAME, source)
                .map_err(|error| describe(&error))?;
            Ok(ChatTemplate {
                environment: Arc::new(environment),
            })
        })
    }

    /// `variables`: a JSON object. `now`: local time as 2026-01-31T23:59:59, what strftime_now() sees.
    pub fn render(&self, variables: &[u8], now: &str) -> Result<String, String> {
        let now: NaiveDateTime = now.parse().map_err(|error| format!("time: {error}"))?;
        let mut variables: BTreeMap<String, Value> =
            serde_json::from_slice(variables).map_err(|error| format!("variables: {error}"))?;
        let strftime_now = Value::from_function(move |format: &str| strftime(now, format));
        variables.insert("strftime_now".to_string(), strftime_now);
        let environment = self.environment.clone();
        confined(move || {
            environment
                .get_template(NAME)
                .and_then(|template| template.render(Value::from(variables)))
                .map_err(|error| describe(&error))
        })
    }
}

impl Drop for ChatTemplate {
    fn drop(&mut self) {
        // The tree of a template may be as deep to free as it was to build.
        let environment = std::mem::take(&mut self.environment);
        let _ = confined(move || {
            drop(environment);
            Ok(())
        });
    }
}

fn environment() -> Result<Environment<'static>, Error> {
    let mut environment = Environment::new();
    environment.set_syntax(
        SyntaxConfig::builder()
            .trim_blocks(true)
            .lstrip_blocks(true)
            .build()?,
    );
    environment.set_fuel(Some(FUEL));
    environment.set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
    environment.add_function("raise_exception", raise_exception);
    environment.add_filter("tojson", tojson);
    Ok(environment)
}

/// One line: what a template says with raise_exception(), or what is wrong with it and where.
fn describe(error: &Error) -> String {
    let text = match error.kind() {
        ErrorKind::OutOfFuel => "the template does more than a conversation can need".to_string(),
        kind => error.detail().map_or(kind.to_string(), str::to_string),
    };
    match error.line() {
        Some(line) => format!("line {line}: {text}"),
        None => text,
    }
}

/// transformers marks what the assistant says by `{% generation %}`, which changes no output; it becomes an `if`.
fn without_generation_tags(source: &str) -> String {
    let mut out = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(at) = rest.find("{%") {
        let (before, tag) = rest.split_at(at + 2);
        out.push_str(before);
        rest = tag;
        let Some(end) = tag.find("%}") else { break };
        let inside = &tag[..end];
        let word = inside.trim_matches(|c: char| c.is_whitespace() || c == '-' || c == '+');
        let instead = match word {
            "generation" => "if true",
            "endgeneration" => "endif",
            _ => continue,
        };
        out.push_str(&inside.replacen(word, instead, 1));
        rest = &tag[end..];
    }
    out.push_str(rest);
    out
}

fn raise_exception(message: String) -> Result<String, Error> {
    Err(Error::new(ErrorKind::InvalidOperation, message))
}

fn strftime(now: NaiveDateTime, format: &str) -> Result<String, Error> {
    use std::fmt::Write;
    let mut out = String::new();
    write!(out, "{}", now.format(format)).map_err(|_| {
        Error::new(
            ErrorKind::InvalidOperation,
            format!("strftime_now: no such format: {format}"),
        )
    })?;
    Ok(out)
}

/// Python's json.dumps(value, ensure_ascii=False, ...), which transformers uses instead of Jinja's own filter.
fn tojson(state: &State, value: Value, options: Kwargs) -> Result<String, Error> {
    let indent: Option<usize> = options.get("indent")?;
    let separators: Option<Vec<String>> = options.get("separators")?;
    let unsupported = options.get::<Option<bool>>("ensure_ascii")? == Some(true)
        || options.get::<Option<bool>>("sort_keys")? == Some(true);
    options.assert_all_used()?;
    if unsupported || indent.is_some_and(|indent| indent > 16) {
        let message = "tojson: ensure_ascii, sort_keys and an indent above 16 are not supported";
        return Err(Error::new(ErrorKind::InvalidOperation, message));
    }
    let fuel = state.fuel_levels().map_or(0, |(_, left)| left);
    let mut out = Bounded {
        bytes: Vec::new(),
        most: usize::try_from(fuel.saturating_mul(JSON_BYTES)).unwrap_or(usize::MAX),
    };
    match (indent, separators.as_deref()) {
        (Some(indent), None) => {
            let indent = " ".repeat(indent);
            let formatter = PrettyFormatter::with_indent(indent.as_bytes());
            write_json(&value, &mut out, formatter)?;
        }
        (None, None) => write_json(
            &value,
            &mut out,
            Python {
                item: ", ",
                key: ": ",
            },
        )?,
        (None, Some([item, key])) => write_json(&value, &mut out, Python { item, key })?,
        _ => {
            let message = "tojson: separators are two strings, without indent";
            return Err(Error::new(ErrorKind::InvalidOperation, message));
        }
    }
    state.consume_fuel(out.bytes.len() as u64 / JSON_BYTES)?;
    String::from_utf8(out.bytes)
        .map_err(|error| Error::new(ErrorKind::InvalidOperation, error.to_string()))
}

fn write_json(value: &Value, out: &mut Bounded, formatter: impl Formatter) -> Result<(), Error> {
    value
        .serialize(&mut Serializer::with_formatter(out, formatter))
        .map_err(|error| match error.is_io() {
            true => Error::from(ErrorKind::OutOfFuel),
            false => Error::new(ErrorKind::BadSerialization, error.to_string()),
        })
}

/// Refuses to grow beyond `most` bytes.
struct Bounded {
    bytes: Vec<u8>,
    most: usize,
}

impl io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.len() > self.most - self.bytes.len() {
            return Err(io::ErrorKind::OutOfMemory.into());
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// JSON on one line with the separators that Python takes.
struct Python<'a> {
    item: &'a str,
    key: &'a str,
}

impl Python<'_> {
    fn separate<W: io::Write + ?Sized>(&self, out: &mut W, first: bool) -> io::Result<()> {
        if first {
            Ok(())
        } else {
            out.write_all(self.item.as_bytes())
        }
    }
}

impl Formatter for Python<'_> {
    fn begin_array_value<W: io::Write + ?Sized>(
        &mut self,
        out: &mut W,
        first: bool,
    ) -> io::Result<()> {
        self.separate(out, first)
    }

    fn begin_object_key<W: io::Write + ?Sized>(
        &mut self,
        out: &mut W,
        first: bool,
    ) -> io::Result<()> {
        self.separate(out, first)
    }

    fn begin_object_value<W: io::Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        out.write_all(self.key.as_bytes())
    }
}
