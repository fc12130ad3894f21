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
set(folder release)
set(environment)
set(target)
if(SLUICE_FUZZ)
  # Counters of edges and comparisons for libFuzzer, as cargo-fuzz asks for them. Naming a target keeps them out of the
  # programs that run during the build.
  execute_process(COMMAND rustc -vV OUTPUT_VARIABLE rustc_says COMMAND_ERROR_IS_FATAL ANY)
  string(REGEX MATCH "host: ([^\n]+)" host_line "${rustc_says}")
  set(target --target ${CMAKE_MATCH_1})
  set(folder ${CMAKE_MATCH_1}/release)
  string(JOIN " " flags -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4
         -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table
         -Cllvm-args=-sanitizer-coverage-trace-compares)
  set(environment ${CMAKE_COMMAND} -E env "RUSTFLAGS=${flags}")
endif()
set(SLUICE_TOKENIZERS_LIBRARY ${CMAKE_BINARY_DIR}/cargo/${folder}/libsluice_tokenizers.a)
file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/src/*.rs)
# cargo leaves an unchanged library's time alone; touch tells the build that it is up to date.
add_custom_command(
  OUTPUT ${SLUICE_TOKENIZERS_LIBRARY}
  COMMAND ${environment} ${SLUICE_CARGO} build --quiet --release --locked --manifest-path ${manifest} ${target}
          --target-dir ${CMAKE_BINARY_DIR}/cargo
  COMMAND ${CMAKE_COMMAND} -E touch ${SLUICE_TOKENIZERS_LIBRARY}
  DEPENDS ${manifest} ${CMAKE_CURRENT_LIST_DIR}/Cargo.lock ${sources}
  COMMENT "Building Hugging Face's tokenizers (cargo)"
  VERBATIM)
