# The test that a kernel's bench catches mutants of the kernel (testbench/hls/compiler/mutation/README.md).
include(SluiceVerilate)
find_package(Python3 3.11 REQUIRED COMPONENTS Interpreter)
find_program(SLUICE_YOSYS yosys)
find_program(SLUICE_YOSYS_ABC yosys-abc)

# sluice_add_hls_mutants(NAME TOP_NAME top MUTANTS number LONG bool BENCH_ARGUMENTS arguments... COMPILE arguments...)
# is called by sluice_add_hls_kernel(): COMPILE are sluice_hls_compile()'s, BENCH_ARGUMENTS the bench's. Builds program
# hls_mutants_NAME from hls_bench_NAME's objects and the RTL with mutants.
function(sluice_add_hls_mutants name)
  cmake_parse_arguments(ARG "" "TOP_NAME;MUTANTS;LONG" "BENCH_ARGUMENTS;COMPILE" ${ARGN})
  sluice_hls_compile(${name}_mutants ${ARG_COMPILE} MUTANTS ${ARG_MUTANTS})
  set(folder ${CMAKE_CURRENT_BINARY_DIR}/${name}_mutants.hls)
  sluice_verilate(hls_${name}_mutants TOP ${folder}/${ARG_TOP_NAME}.sv CLASS V${ARG_TOP_NAME} ASSERT RANDOM)

  # The bench's own objects, but for the adapter of its RTL and that RTL.
  set(bench hls_bench_${name})
  set(program hls_mutants_${name})
  add_executable(${program} ${folder}/${ARG_TOP_NAME}_adapter.cpp
                            $<FILTER:$<TARGET_OBJECTS:${bench}>,EXCLUDE,_adapter\\.cpp>)
  target_link_libraries(${program} PRIVATE
    sluice_rtl_hls_${name}_mutants $<FILTER:$<TARGET_PROPERTY:${bench},LINK_LIBRARIES>,EXCLUDE,^sluice_rtl_>)
  target_link_options(${program} PRIVATE $<TARGET_PROPERTY:${bench},LINK_OPTIONS>)
  target_compile_options(${program} PRIVATE $<$<CONFIG:Release>:-O1>)

  set(test "hls ${name}: the bench catches mutants of the kernel")
  set(runner ${PROJECT_SOURCE_DIR}/testbench/hls/compiler/mutation/run_mutants.py)
  add_test(NAME ${test}
           COMMAND ${Python3_EXECUTABLE} -B ${runner} --bench $<TARGET_FILE:${program}>
                   --mutants ${folder}/${ARG_TOP_NAME}_mutants.json --rtl ${folder}/${ARG_TOP_NAME}.sv
                   --rtl-folder ${PROJECT_SOURCE_DIR}/rtl/stream --yosys ${SLUICE_YOSYS} --abc ${SLUICE_YOSYS_ABC}
                   --folder ${folder}/run --at-least ${ARG_MUTANTS} -- ${ARG_BENCH_ARGUMENTS})
  set_tests_properties(${test} PROPERTIES TIMEOUT 900)
  if(ARG_LONG)
    set_target_properties(${program} sluice_rtl_hls_${name}_mutants PROPERTIES EXCLUDE_FROM_ALL TRUE)
    set(build "hls ${name}: the bench with mutants is built")
    add_test(NAME ${build} COMMAND ${CMAKE_COMMAND} --build ${PROJECT_BINARY_DIR} --target ${program})
    set_tests_properties(${build} PROPERTIES TIMEOUT 3600 LABELS long FIXTURES_SETUP ${program} RESOURCE_LOCK build)
    set_tests_properties(${test} PROPERTIES TIMEOUT 7200 LABELS long FIXTURES_REQUIRED ${program})
  endif()
endfunction()
