/* Hugging Face's tokenizers crate, and their chat templates by the minijinja crate, for C.
 *
 * Ownership: what a function makes is freed by the matching _free function; null may be freed. A stream keeps what it
 *   needs of its tokenizer alive, so the two may be freed in either order. Buffers come empty ({0, 0}) from the caller.
 * Threading: a tokenizer may be used by several threads; a stream belongs to one.
 * Errors: a function that fails returns false or null and puts one line of UTF-8 into `error`. Panics of the crates
 *   are caught and reported in the same way.
 */
#ifndef SLUICE_TOKENIZERS_H
#define SLUICE_TOKENIZERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sluice_tokenizer sluice_tokenizer;
typedef struct sluice_token_stream sluice_token_stream;
typedef struct sluice_chat_template sluice_chat_template;

/* UTF-8, not ended by NUL. */
typedef struct {
  uint8_t* data;
  size_t size;
} sluice_text;

typedef struct {
  uint32_t* data;
  size_t size;
} sluice_ids;

/* From the text of a tokenizer.json. Its settings for truncation and padding are dropped. */
sluice_tokenizer* sluice_tokenizer_from_json(const uint8_t* json, size_t size, sluice_text* error);
void sluice_tokenizer_free(sluice_tokenizer* tokenizer);

/* Tokens of the vocabulary and added tokens. */
size_t sluice_tokenizer_vocab_size(const sluice_tokenizer* tokenizer);
/* The largest id of a token, -1 if there is none. */
int64_t sluice_tokenizer_max_id(const sluice_tokenizer* tokenizer);
/* The id of a token by its exact name, -1 if there is none. */
int64_t sluice_tokenizer_token_to_id(const sluice_tokenizer* tokenizer, const uint8_t* token, size_t size);
bool sluice_tokenizer_has_id(const sluice_tokenizer* tokenizer, uint32_t id);

bool sluice_tokenizer_encode(const sluice_tokenizer* tokenizer, const uint8_t* text, size_t size,
                             bool add_special_tokens, sluice_ids* ids, sluice_text* error);
/* Ids without a token give no text. */
bool sluice_tokenizer_decode(const sluice_tokenizer* tokenizer, const uint32_t* ids, size_t num_ids,
                             bool skip_special_tokens, sluice_text* text, sluice_text* error);

sluice_token_stream* sluice_token_stream_new(const sluice_tokenizer* tokenizer, bool skip_special_tokens);
void sluice_token_stream_free(sluice_token_stream* stream);
/* The text that `id` completes; empty while a character is incomplete. */
bool sluice_token_stream_push(sluice_token_stream* stream, uint32_t id, sluice_text* text, sluice_text* error);
/* What is left, an incomplete character as U+FFFD. The stream starts afresh after it. */
bool sluice_token_stream_finish(sluice_token_stream* stream, sluice_text* text, sluice_text* error);

/* From the source of a Jinja template. */
sluice_chat_template* sluice_chat_template_new(const uint8_t* source, size_t size, sluice_text* error);
void sluice_chat_template_free(sluice_chat_template* chat_template);
/* What the template makes of `variables`, a JSON object. `now` is the local time that strftime_now() shows, such as
 * 2026-01-31T23:59:59. Several threads may render with one template. */
bool sluice_chat_template_render(const sluice_chat_template* chat_template, const uint8_t* variables,
                                 size_t variables_size, const uint8_t* now, size_t now_size, sluice_text* text,
                                 sluice_text* error);

void sluice_text_free(sluice_text* text);
void sluice_ids_free(sluice_ids* ids);

#ifdef __cplusplus
}
#endif

#endif
