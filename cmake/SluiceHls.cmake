# Kernels in synthesizable C++: compiled by sluice-hls, verilated, compared with their native run.
include(SluiceVerilate)

# sluice_hls_model(NAME file.sv adapter.cpp) makes static library sluice_hls_model_NAME with make_rtl_NAME() of the
# generic bench (testbench/support/hls_bench) for a kernel's SystemVerilog and adapter.
function(sluice_hls_model name verilog adapter)
  sluice_verilate(${name} TOP ${verilog} ASSERT RANDOM)
  add_library(sluice_hls_model_${name} STATIC ${adapter})
  target_include_directories(sluice_hls_model_${name} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(sluice_hls_model_${name} PUBLIC sluice_rtl_${name})
  target_compile_options(sluice_hls_model_${name} PRIVATE $<$<CONFIG:Release>:-O1>)
endfunction()
