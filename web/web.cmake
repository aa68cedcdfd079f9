# web_assets: the page's files as a library. npm builds them once, and again when a source changes.
find_program(NPM npm)
if(NOT NPM)
  message(FATAL_ERROR "npm is missing: the live page is built with it (Debian: apt install npm, or Node.js 20 and newer)")
endif()

set(web_folder ${CMAKE_CURRENT_LIST_DIR})
set(web_built ${CMAKE_BINARY_DIR}/web)
file(GLOB_RECURSE web_sources CONFIGURE_DEPENDS ${web_folder}/src/* ${web_folder}/public/*)
set(web_files ${web_built}/index.html ${web_built}/page.js ${web_built}/page.css ${web_built}/icon.svg)

add_custom_command(
  OUTPUT ${web_files}
  COMMAND ${web_folder}/build.sh ${web_built}
  DEPENDS ${web_sources} ${web_folder}/index.html ${web_folder}/build.sh ${web_folder}/install.sh
          ${web_folder}/package-lock.json
          ${web_folder}/vite.config.ts ${web_folder}/tsconfig.json
  COMMENT "Building the page"
  VERBATIM)

add_library(web_assets STATIC ${web_folder}/assets.S)
set_source_files_properties(${web_folder}/assets.S PROPERTIES OBJECT_DEPENDS "${web_files}")
target_include_directories(web_assets PRIVATE ${web_built})

if(TURNSTONE_TESTS)
  add_test(NAME web_install COMMAND ${web_folder}/test/install_test)
endif()
