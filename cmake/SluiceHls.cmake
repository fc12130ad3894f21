# Kernels in synthesizable C++: compiled by sluice-hls to RTL, verilated, and compared with their native run.
include(SluiceVerilate)
include(SluiceHlsVariants)
set(SLUICE_HLS_BENCH ${PROJECT_SOURCE_DIR}/testbench/support/hls_bench)

# The command line, but for the folder, of what sluice_hls_compile() takes behind NAME.
function(sluice_hls_command variable)
  cmake_parse_arguments(ARG "" "SOURCE;TOP;CLOCK_NS;TARGET;MUTANTS;PLANT" "INCLUDE;DEFINE;DEPENDS" ${ARGN})
  if(NOT ARG_CLOCK_NS)
    set(ARG_CLOCK_NS 4)
  endif()
  if(NOT ARG_TARGET)
    set(ARG_TARGET vup)
  endif()
  get_filename_component(source ${ARG_SOURCE} ABSOLUTE)
  set(command sluice-hls ${source} --top ${ARG_TOP} --clock-ns ${ARG_CLOCK_NS} --target ${ARG_TARGET}
              -I ${PROJECT_SOURCE_DIR})
  foreach(include ${ARG_INCLUDE})
    get_filename_component(include ${include} ABSOLUTE)
    list(APPEND command -I ${include})
  endforeach()
  foreach(definition ${ARG_DEFINE})
    list(APPEND command -D ${definition})
  endforeach()
  if(ARG_PLANT)
    list(APPEND command --plant ${ARG_PLANT})
  endif()
  if(ARG_MUTANTS)
    list(APPEND command --mutants ${ARG_MUTANTS})
  endif()
  set(${variable} ${command} PARENT_SCOPE)
endfunction()

# sluice_hls_compile(NAME SOURCE kernel.cpp TOP function [CLOCK_NS ns] [TARGET name] [INCLUDE folders...]
#                    [DEFINE NAME=VALUE...] [DEPENDS files...] [MUTANTS number] [PLANT fault])
# compiles a kernel to TOP.sv, TOP_adapter.cpp, TOP.json, TOP.txt and TOP.html in the folder NAME.hls of the calling
# folder's build; with MUTANTS, which are built in, TOP_mutants.json too; PLANT is of sluice-hls, for its tests. Headers
# beside the source, in INCLUDE and in hls/include are dependencies; others go to DEPENDS.
function(sluice_hls_compile name)
  cmake_parse_arguments(ARG "" "SOURCE;TOP;CLOCK_NS;TARGET;MUTANTS;PLANT" "INCLUDE;DEFINE;DEPENDS" ${ARGN})
  get_filename_component(source ${ARG_SOURCE} ABSOLUTE)
  get_filename_component(source_folder ${source} DIRECTORY)
  string(REGEX REPLACE ".*::" "" top_name ${ARG_TOP})
  set(folder ${CMAKE_CURRENT_BINARY_DIR}/${name}.hls)
  file(GLOB headers CONFIGURE_DEPENDS ${source_folder}/*.h ${source_folder}/*.hpp ${PROJECT_SOURCE_DIR}/hls/include/*.h
                                      ${PROJECT_SOURCE_DIR}/hls/include/*/*.h)
  foreach(include ${ARG_INCLUDE})
    get_filename_component(include ${include} ABSOLUTE)
    file(GLOB more CONFIGURE_DEPENDS ${include}/*.h ${include}/*.hpp)
    list(APPEND headers ${more})
  endforeach()
  sluice_hls_command(command ${ARGN})
  set(list_of_mutants "")
  if(ARG_MUTANTS)
    set(list_of_mutants ${folder}/${top_name}_mutants.json)
  endif()
  add_custom_command(
    OUTPUT ${folder}/${top_name}.sv ${folder}/${top_name}_adapter.cpp ${folder}/${top_name}.json
           ${folder}/${top_name}.txt ${folder}/${top_name}.html ${list_of_mutants}
    COMMAND ${command} -o ${folder}
    DEPENDS sluice-hls ${source} ${headers} ${ARG_DEPENDS}
    COMMENT "Compiling kernel ${name} to RTL"
    VERBATIM)
endfunction()

# sluice_add_hls_kernel(NAME SOURCE kernel.cpp TOP function [CLOCK_NS 4] [TARGET vup] [SCALARS name=min:max...]
#                       [INCLUDE folders...] [DEFINE NAME=VALUE...] [DEPENDS files...] [STIMULUS file.cpp]
#                       [CALLS number] [WORDS number] [LONG_WORDS number] [THREADS] [NO_UBSAN] [NETLIST] [LABELS ...]
#                       [MUTANTS number [MUTANTS_LONG] [MUTANTS_PERCENT number]])
# compiles a kernel natively and to RTL, builds program hls_bench_NAME on the generic bench
# (testbench/support/hls_bench/README.md), and adds a test that compares both, with at least CALLS calls and WORDS
# words; with LONG_WORDS a second one labelled long.
#   SCALARS     the values that scalar arguments take; others lie between 0 and 64
#   STIMULUS    defines sluice::hls_bench::prepare_call(); without it all inputs are random
#   THREADS     the native run gives each process of sluice_dataflow.h's macros a thread, with streams of their depth
#   NO_UBSAN    the native run without the undefined-behaviour sanitizer
#   NETLIST     a second test compares what Yosys makes of the RTL: look-up tables, carries and registers of UltraScale+
#   MUTANTS     program hls_mutants_NAME and a test that the bench catches so many mutants of the kernel
#               (testbench/hls/compiler/mutation/README.md); MUTANTS_LONG: behind the label long, and built by the test;
#               MUTANTS_PERCENT: how many it must catch, where it does not reach the 95 that are wanted
function(sluice_add_hls_kernel name)
  if(NOT SLUICE_TESTS OR NOT SLUICE_SIMULATION OR NOT SLUICE_HLS)
    return()
  endif()
  cmake_parse_arguments(ARG "NO_UBSAN;THREADS;NETLIST;MUTANTS_LONG"
                        "SOURCE;TOP;CLOCK_NS;TARGET;STIMULUS;CALLS;WORDS;LONG_WORDS;MUTANTS;MUTANTS_PERCENT"
                        "SCALARS;INCLUDE;DEFINE;DEPENDS;LABELS" ${ARGN})
  get_filename_component(SOURCE_FILE ${ARG_SOURCE} ABSOLUTE)
  set(compile_arguments SOURCE ${SOURCE_FILE} TOP ${ARG_TOP} INCLUDE ${ARG_INCLUDE} DEFINE ${ARG_DEFINE}
                        DEPENDS ${ARG_DEPENDS})
  foreach(option CLOCK_NS TARGET)
    if(ARG_${option})
      list(APPEND compile_arguments ${option} ${ARG_${option}})
    endif()
  endforeach()
  sluice_hls_compile(${name} ${compile_arguments})
  string(REGEX REPLACE ".*::" "" TOP_NAME ${ARG_TOP})
  set(folder ${CMAKE_CURRENT_BINARY_DIR}/${name}.hls)
  sluice_verilate(hls_${name} TOP ${folder}/${TOP_NAME}.sv CLASS V${TOP_NAME} ASSERT RANDOM)

  set(TOP ${ARG_TOP})
  set(RANGES "")
  foreach(scalar ${ARG_SCALARS})
    if(NOT scalar MATCHES "^([A-Za-z0-9_]+)=(-?[0-9]+):(-?[0-9]+)$")
      message(FATAL_ERROR "sluice_add_hls_kernel(${name}): SCALARS wants name=min:max, not ${scalar}")
    endif()
    string(APPEND RANGES "{\"${CMAKE_MATCH_1}\", ${CMAKE_MATCH_2}, ${CMAKE_MATCH_3}}, ")
  endforeach()
  set(MODE kSequential)
  if(ARG_THREADS)
    set(MODE kThreads)
  endif()
  set(STIMULUS_LINE "")
  if(ARG_STIMULUS)
    set(STIMULUS_LINE "options.stimulus = prepare_call;")
  endif()
  configure_file(${SLUICE_HLS_BENCH}/main.cpp.in ${folder}/bench_main.cpp @ONLY)

  set(bench hls_bench_${name})
  add_executable(${bench} ${folder}/bench_main.cpp ${folder}/${TOP_NAME}_adapter.cpp ${ARG_STIMULUS})
  target_link_libraries(${bench} PRIVATE sluice_hls_bench sluice_rtl_hls_${name})
  target_include_directories(${bench} PRIVATE ${ARG_INCLUDE})
  target_compile_definitions(${bench} PRIVATE ${ARG_DEFINE})
  target_compile_options(${bench} PRIVATE $<$<CONFIG:Release>:-O1>)
  set(native_options -Wno-unknown-pragmas)
  if(NOT ARG_NO_UBSAN)
    list(APPEND native_options -fsanitize=undefined -fno-sanitize-recover=all)
    target_link_options(${bench} PRIVATE -fsanitize=undefined)
  endif()
  set_source_files_properties(${folder}/bench_main.cpp PROPERTIES COMPILE_OPTIONS "${native_options}"
                                                                  OBJECT_DEPENDS ${SOURCE_FILE})
  set(arguments "")
  foreach(option CALLS WORDS)
    if(ARG_${option})
      string(TOLOWER ${option} lower)
      list(APPEND arguments --${lower} ${ARG_${option}})
    endif()
  endforeach()
  add_test(NAME "hls ${name}: the RTL equals the native run" COMMAND ${bench} ${arguments})
  set_tests_properties("hls ${name}: the RTL equals the native run" PROPERTIES TIMEOUT 600 LABELS "${ARG_LABELS}")
  if(ARG_LONG_WORDS)
    set(long_name "hls ${name}: the RTL equals the native run on ${ARG_LONG_WORDS} words")
    add_test(NAME ${long_name} COMMAND ${bench} --words ${ARG_LONG_WORDS} --seed 2)
    set_tests_properties(${long_name} PROPERTIES TIMEOUT 3600 LABELS long)
  endif()
  set_target_properties(${bench} PROPERTIES SLUICE_COMPILE "${compile_arguments}" SLUICE_ARGUMENTS "${arguments}"
                                            SLUICE_SCALARS "${ARG_SCALARS}")
  if(ARG_NETLIST AND SLUICE_YOSYS)
    sluice_add_hls_netlist(${name})
  endif()
  if(ARG_MUTANTS)
    sluice_add_hls_mutants(${name} ${ARG_MUTANTS} ${ARG_MUTANTS_LONG} "${ARG_MUTANTS_PERCENT}")
  endif()
endfunction()

# sluice_add_hls_synthesis(NAME) adds a test, labelled long, that Yosys synthesises the kernel of that
# sluice_add_hls_kernel(): the area is in the reports of NAME.hls/synthesised.
function(sluice_add_hls_synthesis name)
  if(NOT TARGET hls_bench_${name} OR NOT SLUICE_YOSYS)
    return()
  endif()
  get_target_property(compile hls_bench_${name} SLUICE_COMPILE)
  sluice_hls_command(command ${compile})
  set(test "hls ${name}: Yosys synthesises the RTL")
  add_test(NAME ${test} COMMAND ${command} --synthesise -o
                                ${CMAKE_CURRENT_BINARY_DIR}/${name}.hls/synthesised)
  set_tests_properties(${test} PROPERTIES TIMEOUT 2400 LABELS long)
endfunction()
