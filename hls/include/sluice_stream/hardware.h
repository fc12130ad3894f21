// hls::stream in the HLS flow: calls that the compiler's front end recognises by name. Included by hls_stream.h.
//
// Purpose: the functions of namespace sluice_hls are declared and never defined; the compiler turns each call into a
//   port or FIFO operation on the stream at that address.
// Ownership, threading: no state; the one char gives every stream an address. Errors: none.
#pragma once

namespace sluice_hls {
template <class T>
void stream_read(const void* stream, T* value);
template <class T>
void stream_write(const void* stream, const T* value);
template <class T>
bool stream_read_nb(const void* stream, T* value);
template <class T>
bool stream_write_nb(const void* stream, const T* value);
bool stream_empty(const void* stream);
bool stream_full(const void* stream);
void stream_depth(const void* stream, int depth);
}  // namespace sluice_hls

#define SLUICE_STREAM_INLINE __attribute__((always_inline))

namespace hls {

template <class T, int Depth = 0>
class stream;

template <class T>
class stream<T, 0> {
 public:
  SLUICE_STREAM_INLINE stream() {}
  SLUICE_STREAM_INLINE explicit stream(const char*) {}
  stream(const stream&) = delete;
  stream& operator=(const stream&) = delete;

  SLUICE_STREAM_INLINE T read() {
    T word;
    sluice_hls::stream_read<T>(this, &word);
    return word;
  }
  SLUICE_STREAM_INLINE void read(T& word) { sluice_hls::stream_read<T>(this, &word); }
  SLUICE_STREAM_INLINE void write(const T& word) { sluice_hls::stream_write<T>(this, &word); }
  SLUICE_STREAM_INLINE bool read_nb(T& word) { return sluice_hls::stream_read_nb<T>(this, &word); }
  SLUICE_STREAM_INLINE bool write_nb(const T& word) { return sluice_hls::stream_write_nb<T>(this, &word); }
  SLUICE_STREAM_INLINE void operator>>(T& word) { read(word); }
  SLUICE_STREAM_INLINE void operator<<(const T& word) { write(word); }
  SLUICE_STREAM_INLINE bool empty() const { return sluice_hls::stream_empty(this); }
  SLUICE_STREAM_INLINE bool full() const { return sluice_hls::stream_full(this); }
  SLUICE_STREAM_INLINE void set_name(const char*) {}

 private:
  char address_;
};

template <class T, int Depth>
class stream : public stream<T, 0> {
 public:
  SLUICE_STREAM_INLINE stream() { sluice_hls::stream_depth(this, Depth); }
  SLUICE_STREAM_INLINE explicit stream(const char*) { sluice_hls::stream_depth(this, Depth); }
};

}  // namespace hls
