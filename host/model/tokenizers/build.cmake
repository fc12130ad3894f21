# Builds the crate by cargo into ${SLUICE_TOKENIZERS_LIBRARY}, which sluice::model links and installs. Included by
# host/model, so that the file and its user are in one folder.
set(needed_cargo 1.95)
find_program(SLUICE_CARGO cargo)
set(found_cargo "none")
if(SLUICE_CARGO)
  execute_process(COMMAND ${SLUICE_CARGO} --version OUTPUT_VARIABLE cargo_says ERROR_QUIET)
  if(cargo_says MATCHES "cargo ([0-9.]+)")
    set(found_cargo ${CMAKE_MATCH_1})
  endif()
endif()
if(found_cargo STREQUAL "none" OR found_cargo VERSION_LESS needed_cargo)
  unset(SLUICE_CARGO CACHE)  # so that the next try looks again
  message(FATAL_ERROR "cargo ${needed_cargo} or newer is needed for the tokenizer (found: ${found_cargo}). "
                      "Run scripts/setup.sh, which installs it (Debian's package is cargo-web).")
endif()

set(manifest ${CMAKE_CURRENT_LIST_DIR}/Cargo.toml)
set(SLUICE_TOKENIZERS_LIBRARY ${CMAKE_BINARY_DIR}/cargo/release/libsluice_tokenizers.a)
file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/src/*.rs)
# cargo leaves an unchanged library's time alone; touch tells the build that it is up to date.
add_custom_command(
  OUTPUT ${SLUICE_TOKENIZERS_LIBRARY}
  COMMAND ${SLUICE_CARGO} build --quiet --release --locked --manifest-path ${manifest}
          --target-dir ${CMAKE_BINARY_DIR}/cargo
  COMMAND ${CMAKE_COMMAND} -E touch ${SLUICE_TOKENIZERS_LIBRARY}
  DEPENDS ${manifest} ${CMAKE_CURRENT_LIST_DIR}/Cargo.lock ${sources}
  COMMENT "Building Hugging Face's tokenizers (cargo)"
  VERBATIM)
