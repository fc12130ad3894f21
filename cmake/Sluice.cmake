# How this project declares its libraries and tests, so that a folder's CMakeLists.txt is a list of facts.

# sluice_library(NAME SOURCES... [DEPS...]) makes static library sluice_NAME, alias sluice::NAME.
# Headers are included by their path from the repository root: #include "host/base/result.hpp".
function(sluice_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS;PRIVATE_DEPS" ${ARGN})
  if(ARG_SOURCES)
    add_library(sluice_${name} STATIC ${ARG_SOURCES})
    target_include_directories(sluice_${name} PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>
                                                     $<INSTALL_INTERFACE:include/sluice>)
    target_link_libraries(sluice_${name} PUBLIC ${ARG_DEPS} PRIVATE sluice_warnings ${ARG_PRIVATE_DEPS})
  else()
    add_library(sluice_${name} INTERFACE)
    target_include_directories(sluice_${name} INTERFACE $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>
                                                        $<INSTALL_INTERFACE:include/sluice>)
    target_link_libraries(sluice_${name} INTERFACE ${ARG_DEPS})
  endif()
  set_target_properties(sluice_${name} PROPERTIES EXPORT_NAME ${name})
  add_library(sluice::${name} ALIAS sluice_${name})
endfunction()

# sluice_test(NAME SOURCES... [DEPS...] [LABELS...] [TIMEOUT seconds]) makes a Catch2 program and one ctest a case.
# NAME mirrors the source tree: host/model/config.cpp is tested by testbench/host/model/config_test.cpp, NAME
# host_model_config. Tests run in the repository's root, so that models/ is found.
function(sluice_test name)
  if(NOT SLUICE_TESTS)
    return()
  endif()
  cmake_parse_arguments(ARG "" "TIMEOUT" "SOURCES;DEPS;LABELS" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 300)
  endif()
  add_executable(${name}_test ${ARG_SOURCES})
  target_link_libraries(${name}_test PRIVATE ${ARG_DEPS} sluice_warnings sluice_catch_main)
  set(properties TIMEOUT ${ARG_TIMEOUT})
  if(ARG_LABELS)
    list(APPEND properties LABELS "${ARG_LABELS}")
  endif()
  catch_discover_tests(${name}_test TEST_PREFIX "${name}: " WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}
                       PROPERTIES ${properties})
endfunction()
