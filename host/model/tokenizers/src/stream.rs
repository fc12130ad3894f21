//! Text out of tokens as they come, never half a character.
//!
//! A token may hold part of a character, and some decoders treat the first token in a special way. So the tokens since
//! the last but one piece of text are decoded anew at each step, and what goes beyond the text already given is new;
//! it is held back while it ends in U+FFFD, which stands for an incomplete character. (The crate's DecodeStream works
//! alike, but has no end at which held text comes out.)

use std::sync::Arc;

use tokenizers::Tokenizer;

const INCOMPLETE: char = '\u{FFFD}';

/// What `sluice_token_stream` points to.
pub struct Stream {
    tokenizer: Arc<Tokenizer>,
    skip_special_tokens: bool,
    /// Tokens since the last but one piece of text.
    ids: Vec<u32>,
    /// How many of them have come out as text, and that text.
    num_given: usize,
    given: String,
}

impl Stream {
    pub fn new(tokenizer: Arc<Tokenizer>, skip_special_tokens: bool) -> Self {
        Stream {
            tokenizer,
            skip_special_tokens,
            ids: Vec::new(),
            num_given: 0,
            given: String::new(),
        }
    }

    pub fn push(&mut self, id: u32) -> Result<String, String> {
        self.ids.push(id);
        let text = self.decode()?;
        if text.ends_with(INCOMPLETE) || text.len() <= self.given.len() {
            return Ok(String::new());
        }
        let piece = self.beyond_given(&text);
        self.ids.drain(..self.num_given);
        self.num_given = self.ids.len();
        self.given = self.decode()?;
        Ok(piece)
    }

    pub fn finish(&mut self) -> Result<String, String> {
        let text = self.decode()?;
        let piece = self.beyond_given(&text);
        self.ids.clear();
        self.num_given = 0;
        self.given.clear();
        Ok(piece)
    }

    fn decode(&self) -> Result<String, String> {
        self.tokenizer
            .decode(&self.ids, self.skip_special_tokens)
            .map_err(|error| error.to_string())
    }

    fn beyond_given(&self, text: &str) -> String {
        text.get(self.given.len()..).unwrap_or("").to_string()
    }
}
