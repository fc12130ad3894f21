# How this project turns SystemVerilog into C++ libraries.

find_program(SLUICE_VERILATOR verilator REQUIRED)
execute_process(COMMAND ${SLUICE_VERILATOR} --getenv VERILATOR_ROOT OUTPUT_VARIABLE SLUICE_VERILATOR_ROOT
                OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)

# What a model needs to be compiled: the simulator's headers, and the flags that they read.
if(NOT TARGET sluice_verilator_headers)
  add_library(sluice_verilator_headers INTERFACE)
  target_include_directories(sluice_verilator_headers SYSTEM INTERFACE ${SLUICE_VERILATOR_ROOT}/include
                                                                       ${SLUICE_VERILATOR_ROOT}/include/vltstd)
  target_compile_definitions(sluice_verilator_headers INTERFACE VERILATOR=1 VM_COVERAGE=0 VM_SC=0)
endif()

# The simulator's runtime, compiled once for all models.
if(NOT TARGET sluice_verilator_runtime)
  add_library(sluice_verilator_runtime STATIC ${SLUICE_VERILATOR_ROOT}/include/verilated.cpp
                                              ${SLUICE_VERILATOR_ROOT}/include/verilated_threads.cpp)
  target_compile_options(sluice_verilator_runtime PRIVATE -w -O2)
  target_link_libraries(sluice_verilator_runtime PUBLIC sluice_verilator_headers Threads::Threads)
endif()

# sluice_verilate_sources(NAME OUT variable TOP ... as below) only makes the C++ files: a list of two in `variable`, in
# folder NAME.verilated of the calling folder's build.
#
# sluice_verilate(NAME TOP file.sv [CLASS Vclass] [PARAMETERS Name=value...] [ASSERT] [TRACE] [RANDOM]
#                 [FOLDERS folders...] [DEPENDS files and targets...] [SPLIT statements])
# makes static library sluice_rtl_NAME with class Vclass (#include "Vclass.h"; V<NAME> if not given) of the module that
# file.sv is named after. Packages of rtl/pkg are known; modules below it are found by their file names in the folders
# of rtl/ and in FOLDERS; what is generated there goes to DEPENDS. ASSERT keeps the assertions in; TRACE allows waves
# (FST), for which a program compiles verilated_fst_c.cpp and links zlib; RANDOM lets the context's randReset choose
# what registers start with. A large model is compiled in a fraction of the time when its functions are cut: SPLIT.
function(sluice_verilate_sources name)
  cmake_parse_arguments(ARG "ASSERT;TRACE;RANDOM" "OUT;TOP;CLASS;SPLIT" "PARAMETERS;FOLDERS;DEPENDS" ${ARGN})
  if(NOT ARG_SPLIT)
    set(ARG_SPLIT 0)
  endif()
  get_filename_component(top_file ${ARG_TOP} ABSOLUTE BASE_DIR ${PROJECT_SOURCE_DIR})
  get_filename_component(top ${top_file} NAME_WE)
  set(prefix V${name})
  if(ARG_CLASS)
    set(prefix ${ARG_CLASS})
  endif()
  set(directory ${CMAKE_CURRENT_BINARY_DIR}/${name}.verilated)

  file(GLOB packages CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/rtl/pkg/*.sv)
  file(GLOB folders LIST_DIRECTORIES true ${PROJECT_SOURCE_DIR}/rtl/*)
  set(arguments --cc --prefix ${prefix} --top-module ${top} --Mdir ${directory} --MMD -O3 --x-assign fast
                --x-initial fast --flatten --output-split ${ARG_SPLIT} -Wno-fatal -Wno-lint -Werror-USERFATAL)
  foreach(folder ${folders})
    if(IS_DIRECTORY ${folder})
      list(APPEND arguments -y ${folder})
    endif()
  endforeach()
  foreach(folder ${ARG_FOLDERS})
    list(APPEND arguments -y ${folder})
  endforeach()
  foreach(parameter ${ARG_PARAMETERS})
    list(APPEND arguments -G${parameter})
  endforeach()
  if(ARG_ASSERT)
    list(APPEND arguments --assert)
  endif()
  if(ARG_TRACE)
    list(APPEND arguments --trace-fst)
  endif()
  if(ARG_RANDOM)
    # The last --x-initial counts. Verilator 5.006 makes loops without their counter of assertions about values of more
    # than 40 words of 32 bits.
    list(APPEND arguments --x-initial unique -fno-reloop)
  endif()

  # Verilator names its files by content, so that they are compiled through two files of fixed name that include them:
  # what runs every cycle, and construction, reset and waves, which only cost compile time when optimised.
  add_custom_command(
    OUTPUT ${directory}/fast.cpp ${directory}/slow.cpp
    COMMAND ${CMAKE_COMMAND} -E rm -rf ${directory}
    COMMAND ${SLUICE_VERILATOR} ${arguments} ${packages} ${top_file}
    COMMAND ${CMAKE_COMMAND} -DDIRECTORY=${directory} -P ${PROJECT_SOURCE_DIR}/cmake/gather_verilated.cmake
    DEPENDS ${top_file} ${PROJECT_SOURCE_DIR}/cmake/gather_verilated.cmake ${ARG_DEPENDS}
    DEPFILE ${directory}/${prefix}__ver.d
    COMMENT "Verilating ${name}"
    VERBATIM)
  set(${ARG_OUT} ${directory}/fast.cpp ${directory}/slow.cpp PARENT_SCOPE)
endfunction()

function(sluice_verilate name)
  cmake_parse_arguments(ARG "TRACE" "" "" ${ARGN})
  sluice_verilate_sources(${name} OUT sources ${ARGN})
  set(directory ${CMAKE_CURRENT_BINARY_DIR}/${name}.verilated)
  add_library(sluice_rtl_${name} STATIC ${sources})
  set_source_files_properties(${directory}/fast.cpp PROPERTIES COMPILE_OPTIONS "-O3")
  set_source_files_properties(${directory}/slow.cpp PROPERTIES COMPILE_OPTIONS "-O1")
  target_compile_options(sluice_rtl_${name} PRIVATE -w $<$<CXX_COMPILER_ID:Clang>:-fbracket-depth=4096>)
  target_compile_definitions(sluice_rtl_${name} PUBLIC VM_TRACE=$<BOOL:${ARG_TRACE}>)
  target_include_directories(sluice_rtl_${name} SYSTEM PUBLIC ${directory})
  target_link_libraries(sluice_rtl_${name} PUBLIC sluice_verilator_runtime)
endfunction()
