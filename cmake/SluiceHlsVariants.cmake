# Kernels' benches on other circuits than sluice-hls' RTL: what Yosys makes of it, and RTL that is wrong on purpose, to
# see that the bench would see it: mutants of the kernel (testbench/hls/compiler/mutation/README.md) and faults of the
# compiler (testbench/hls/compiler/faults).
include(SluiceVerilate)
find_package(Python3 3.11 REQUIRED COMPONENTS Interpreter)
find_program(SLUICE_YOSYS yosys)  # without it there are no tests of netlists
find_program(SLUICE_YOSYS_ABC yosys-abc)

# Program `program`: bench hls_bench_NAME on another model of the same ports, with the adapter made for it.
function(sluice_hls_bench_on program name adapter model)
  set(bench hls_bench_${name})
  # The bench's own objects, but for the adapter of its RTL and that RTL.
  add_executable(${program} ${adapter} $<FILTER:$<TARGET_OBJECTS:${bench}>,EXCLUDE,_adapter\\.cpp>)
  target_link_libraries(${program} PRIVATE
    ${model} $<FILTER:$<TARGET_PROPERTY:${bench},LINK_LIBRARIES>,EXCLUDE,^sluice_rtl_>)
  target_link_options(${program} PRIVATE $<TARGET_PROPERTY:${bench},LINK_OPTIONS>)
  target_compile_options(${program} PRIVATE $<$<CONFIG:Release>:-O1>)
endfunction()

# sluice_add_hls_variant(NAME VARIANT options...) builds program hls_VARIANT_NAME: bench hls_bench_NAME of
# sluice_add_hls_kernel() on RTL that is compiled with more options of sluice_hls_compile(). The RTL is in
# NAME_VARIANT.hls.
function(sluice_add_hls_variant name variant)
  set(bench hls_bench_${name})
  get_target_property(compile ${bench} SLUICE_COMPILE)
  sluice_hls_compile(${name}_${variant} ${compile} ${ARGN})
  cmake_parse_arguments(ARG "" "TOP" "" ${compile})
  string(REGEX REPLACE ".*::" "" top ${ARG_TOP})
  set(folder ${CMAKE_CURRENT_BINARY_DIR}/${name}_${variant}.hls)
  sluice_verilate(hls_${name}_${variant} TOP ${folder}/${top}.sv CLASS V${top} ASSERT RANDOM)
  sluice_hls_bench_on(hls_${variant}_${name} ${name} ${folder}/${top}_adapter.cpp sluice_rtl_hls_${name}_${variant})
endfunction()

# sluice_add_hls_mutants(NAME number long percent) is called by sluice_add_hls_kernel() for its MUTANTS, MUTANTS_LONG and
# MUTANTS_PERCENT.
function(sluice_add_hls_mutants name number long percent)
  sluice_add_hls_variant(${name} mutants MUTANTS ${number})
  set(program hls_mutants_${name})
  get_target_property(arguments hls_bench_${name} SLUICE_ARGUMENTS)
  get_target_property(compile hls_bench_${name} SLUICE_COMPILE)
  get_target_property(scalars hls_bench_${name} SLUICE_SCALARS)
  list(TRANSFORM scalars PREPEND --range=)
  set(limits "")
  if(percent)
    set(limits --min-caught-percent ${percent})
  endif()
  cmake_parse_arguments(ARG "" "TOP" "" ${compile})
  string(REGEX REPLACE ".*::" "" top ${ARG_TOP})
  set(folder ${CMAKE_CURRENT_BINARY_DIR}/${name}_mutants.hls)

  set(test "hls ${name}: the bench catches mutants of the kernel")
  set(runner ${PROJECT_SOURCE_DIR}/testbench/hls/compiler/mutation/run_mutants.py)
  add_test(NAME ${test}
           COMMAND ${Python3_EXECUTABLE} -B ${runner} --bench $<TARGET_FILE:${program}>
                   --mutants ${folder}/${top}_mutants.json --rtl ${folder}/${top}.sv
                   --rtl-folder ${PROJECT_SOURCE_DIR}/rtl/stream --yosys ${SLUICE_YOSYS} --abc ${SLUICE_YOSYS_ABC}
                   --folder ${folder}/run --at-least ${number} ${limits} ${scalars} -- ${arguments})
  set_tests_properties(${test} PROPERTIES TIMEOUT 1200)
  if(long)
    set_target_properties(${program} sluice_rtl_hls_${name}_mutants PROPERTIES EXCLUDE_FROM_ALL TRUE)
    set(build "hls ${name}: the bench with mutants is built")
    add_test(NAME ${build} COMMAND ${CMAKE_COMMAND} --build ${PROJECT_BINARY_DIR} --target ${program})
    set_tests_properties(${build} PROPERTIES TIMEOUT 3600 LABELS long FIXTURES_SETUP ${program} RESOURCE_LOCK build)
    set_tests_properties(${test} PROPERTIES TIMEOUT 7200 LABELS long FIXTURES_REQUIRED ${program})
  endif()
endfunction()

# sluice_add_planted_fault(NAME fault) adds a test that the bench of a kernel passes and fails with the compiler's
# planted fault, with --plant's names.
function(sluice_add_planted_fault name fault)
  sluice_add_hls_variant(${name} ${fault} PLANT ${fault})
  target_compile_options(sluice_rtl_hls_${name}_${fault} PRIVATE -O1)
  get_target_property(arguments hls_bench_${name} SLUICE_ARGUMENTS)
  set(test "hls planted faults: the bench of ${name} sees ${fault}")
  add_test(NAME ${test}
           COMMAND ${CMAKE_COMMAND} -DGOOD=$<TARGET_FILE:hls_bench_${name}> -DBAD=$<TARGET_FILE:hls_${fault}_${name}>
                   "-DARGUMENTS=${arguments}" -P ${PROJECT_SOURCE_DIR}/testbench/hls/compiler/faults/expect_fault.cmake)
  set_tests_properties(${test} PROPERTIES TIMEOUT 300)
endfunction()

# The RTL as Yosys synthesises it, with the models of the cells in it. Multiplications and memories become look-up
# tables and registers: of DSP slices and block RAMs Yosys has no models.
function(sluice_hls_netlist rtl netlist)
  get_filename_component(top ${rtl} NAME_WE)
  get_filename_component(folder ${netlist} DIRECTORY)
  file(GLOB streams CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/rtl/stream/*.sv)
  string(JOIN " " sources ${streams} ${rtl})
  file(CONFIGURE OUTPUT ${folder}/synthesise.ys @ONLY CONTENT "\
read_verilog -sv ${sources}
synth_xilinx -family xcup -noiopad -noclkbuf -nodsp -nobram -top ${top}
read_verilog -overwrite +/xilinx/cells_sim.v
hierarchy -check -purge_lib -top ${top}
proc
write_verilog -noattr ${netlist}
")
  add_custom_command(
    OUTPUT ${netlist}
    COMMAND ${SLUICE_YOSYS} -q -l ${netlist}.log -s ${folder}/synthesise.ys
    DEPENDS ${rtl} ${streams} ${folder}/synthesise.ys
    COMMENT "Synthesising ${top}"
    VERBATIM)
endfunction()

# sluice_add_hls_netlist(NAME) is called by sluice_add_hls_kernel() for its NETLIST.
function(sluice_add_hls_netlist name)
  get_target_property(compile hls_bench_${name} SLUICE_COMPILE)
  get_target_property(arguments hls_bench_${name} SLUICE_ARGUMENTS)
  cmake_parse_arguments(ARG "" "TOP" "" ${compile})
  string(REGEX REPLACE ".*::" "" top ${ARG_TOP})
  set(folder ${CMAKE_CURRENT_BINARY_DIR}/${name}.hls)
  sluice_hls_netlist(${folder}/${top}.sv ${folder}/netlist/${top}.v)
  sluice_verilate(hls_${name}_netlist TOP ${folder}/netlist/${top}.v CLASS V${top} RANDOM)
  sluice_hls_bench_on(hls_netlist_${name} ${name} ${folder}/${top}_adapter.cpp sluice_rtl_hls_${name}_netlist)
  add_test(NAME "hls ${name}: the netlist equals the native run" COMMAND hls_netlist_${name} ${arguments})
  set_tests_properties("hls ${name}: the netlist equals the native run" PROPERTIES TIMEOUT 600)
endfunction()
