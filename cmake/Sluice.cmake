# How this project declares its libraries and tests, so that a folder's CMakeLists.txt is a list of facts.

# sluice_library(NAME [SOURCES...] [DEPS...] [PRIVATE_DEPS...] [EXTRA_STATIC file])
# makes static library sluice_NAME, alias sluice::NAME (header-only without SOURCES), and installs it with the headers
# of the calling folder. Headers are included by their path from the repository root, here and where installed:
# #include "host/base/result.hpp".
#   DEPS, PRIVATE_DEPS  sluice:: libraries, and imported targets whose package is named before their '::'
#   EXTRA_STATIC        absolute path of a foreign static library (not made by add_library) that the library needs; an
#                       existing file or the OUTPUT of an add_custom_command in the calling folder
# A Verilated model belongs in an OBJECT library whose $<TARGET_OBJECTS:...> are among SOURCES: verilate() gives its
# target include directories of the build, and such a target cannot be installed.
function(sluice_library name)
  cmake_parse_arguments(ARG "" "EXTRA_STATIC" "SOURCES;DEPS;PRIVATE_DEPS" ${ARGN})
  set(target sluice_${name})
  set(visibility INTERFACE)
  if(ARG_SOURCES)
    set(visibility PUBLIC)
    add_library(${target} STATIC ${ARG_SOURCES})
    target_link_libraries(${target} PRIVATE $<BUILD_INTERFACE:sluice_warnings> ${ARG_PRIVATE_DEPS})
  else()
    add_library(${target} INTERFACE)
  endif()
  target_link_libraries(${target} ${visibility} ${ARG_DEPS})
  target_include_directories(${target} ${visibility} $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>
                                                     $<INSTALL_INTERFACE:${SLUICE_INSTALL_INCLUDEDIR}>)
  target_compile_features(${target} ${visibility} cxx_std_20)
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${name})
  add_library(sluice::${name} ALIAS ${target})
  if(ARG_EXTRA_STATIC)
    sluice_link_extra_static(${target} ${ARG_EXTRA_STATIC})
  endif()

  foreach(dependency ${ARG_DEPS} ${ARG_PRIVATE_DEPS})
    if(dependency MATCHES "^([A-Za-z0-9_]+)::" AND NOT CMAKE_MATCH_1 STREQUAL "sluice")
      set_property(GLOBAL APPEND PROPERTY SLUICE_PACKAGES ${CMAKE_MATCH_1})
    endif()
  endforeach()
  install(TARGETS ${target} EXPORT sluice ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
  file(GLOB_RECURSE headers RELATIVE ${PROJECT_SOURCE_DIR} CONFIGURE_DEPENDS *.hpp *.h)
  foreach(header ${headers})
    get_filename_component(folder ${header} DIRECTORY)
    install(FILES ${PROJECT_SOURCE_DIR}/${header} DESTINATION ${SLUICE_INSTALL_INCLUDEDIR}/${folder})
  endforeach()
endfunction()

# Links `file` into everything that links `target`, from the build tree here and from the prefix where installed.
function(sluice_link_extra_static target file)
  get_filename_component(file_name ${file} NAME)
  add_custom_target(${target}_extra DEPENDS ${file})
  add_dependencies(${target} ${target}_extra)
  target_link_libraries(${target} PRIVATE
    $<BUILD_INTERFACE:${file}>
    $<INSTALL_INTERFACE:$<INSTALL_PREFIX>/${CMAKE_INSTALL_LIBDIR}/${file_name}>)
  install(FILES ${file} DESTINATION ${CMAKE_INSTALL_LIBDIR})
endfunction()

# sluice_install_package() makes what was declared findable: find_package(sluice) gives sluice::base and so on. Call it
# after every library is declared.
function(sluice_install_package)
  set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/sluice)
  get_property(packages GLOBAL PROPERTY SLUICE_PACKAGES)
  list(REMOVE_DUPLICATES packages)
  list(TRANSFORM packages REPLACE "(.+)" "find_dependency(\\1)")
  list(JOIN packages "\n" SLUICE_FIND_DEPENDENCIES)
  configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/sluiceConfig.cmake.in
                                ${PROJECT_BINARY_DIR}/sluiceConfig.cmake INSTALL_DESTINATION ${package_dir})
  write_basic_package_version_file(${PROJECT_BINARY_DIR}/sluiceConfigVersion.cmake COMPATIBILITY SameMinorVersion)
  install(FILES ${PROJECT_BINARY_DIR}/sluiceConfig.cmake ${PROJECT_BINARY_DIR}/sluiceConfigVersion.cmake
          DESTINATION ${package_dir})
  install(EXPORT sluice FILE sluiceTargets.cmake NAMESPACE sluice:: DESTINATION ${package_dir})
  install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
  if(TARGET sluice)
    install(TARGETS sluice RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  endif()
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
  # The assertions of a test are most of its compile time and none of its run time.
  target_compile_options(${name}_test PRIVATE $<$<CONFIG:Release>:-O1>)
  set(properties TIMEOUT ${ARG_TIMEOUT})
  if(ARG_LABELS)
    list(APPEND properties LABELS "${ARG_LABELS}")
  endif()
  # A case tagged [long] runs only behind the label of that name.
  if(NOT ARG_LABELS)
    catch_discover_tests(${name}_test TEST_SPEC "[long]" TEST_PREFIX "${name}: "
                         WORKING_DIRECTORY ${PROJECT_SOURCE_DIR} PROPERTIES TIMEOUT 3600 LABELS long)
    set(spec TEST_SPEC "~[long]")
  endif()
  catch_discover_tests(${name}_test ${spec} TEST_PREFIX "${name}: " WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}
                       PROPERTIES ${properties})
endfunction()
