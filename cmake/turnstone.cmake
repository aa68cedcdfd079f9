# turnstone_library(NAME [LIBRARIES ...]): the folder's library, from every .cpp below it but
# `_test.cpp`, and NAME_test from every `_test.cpp`.
function(turnstone_library name)
  cmake_parse_arguments(arg "" "" "LIBRARIES;EXCLUDE;TEST_LIBRARIES" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "_test\\.cpp$")
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
  foreach(pattern ${arg_EXCLUDE})
    list(FILTER sources EXCLUDE REGEX ${pattern})
  endforeach()
  if(sources)
    add_library(${name} STATIC ${sources})
    target_include_directories(${name} PUBLIC ${CMAKE_SOURCE_DIR}/src)
    target_link_libraries(${name} PUBLIC ${arg_LIBRARIES})
  else()
    add_library(${name} INTERFACE)
    target_include_directories(${name} INTERFACE ${CMAKE_SOURCE_DIR}/src)
    target_link_libraries(${name} INTERFACE ${arg_LIBRARIES})
  endif()
  if(TURNSTONE_TESTS AND tests)
    add_executable(${name}_test ${tests})
    target_link_libraries(${name}_test PRIVATE ${name} ${arg_TEST_LIBRARIES} GTest::gmock GTest::gtest_main)
    set_target_properties(${name}_test PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/test)
    # Only where they are used: an absolute path keeps ccache from knowing the file in another clone.
    foreach(test ${tests})
      file(STRINGS ${test} uses REGEX "TURNSTONE_(SOURCE|BINARY)_DIR" LIMIT_COUNT 1)
      if(uses)
        set_property(SOURCE ${test} APPEND PROPERTY COMPILE_DEFINITIONS
          TURNSTONE_SOURCE_DIR="${CMAKE_SOURCE_DIR}" TURNSTONE_BINARY_DIR="${CMAKE_BINARY_DIR}")
      endif()
    endforeach()
    add_test(NAME ${name} COMMAND ${name}_test WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  endif()
endfunction()

# turnstone_test_module(NAME SOURCE FILE): SOURCE built into FILE.so, and sealed as the compiler
# would: target NAME.
function(turnstone_test_module name source file)
  get_filename_component(folder ${file} DIRECTORY)
  get_filename_component(stem ${file} NAME)
  add_library(${name} MODULE ${source})
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR}/src)
  set_target_properties(${name} PROPERTIES
    PREFIX "" OUTPUT_NAME ${stem} LIBRARY_OUTPUT_DIRECTORY ${folder}
    LINK_DEPENDS $<TARGET_FILE:testdata_seal>)
  add_custom_command(TARGET ${name} POST_BUILD COMMAND testdata_seal $<TARGET_FILE:${name}>)
  add_dependencies(${name} testdata_seal)
endfunction()
