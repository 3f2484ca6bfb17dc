# Puts the operator's page (web/dist, made by web/'s own build) into the program: every file as it is and compressed with
# gzip. Without web/dist the program is built all the same, and says so at "/".
set(page_folder ${CMAKE_SOURCE_DIR}/web/dist)
set(page_out ${CMAKE_BINARY_DIR}/generated/page)
file(GLOB_RECURSE page_files CONFIGURE_DEPENDS RELATIVE ${page_folder} ${page_folder}/*)
list(SORT page_files)

set(page_data "")
set(page_rows "")
set(page_packed "")
set(page_number 0)
foreach(name IN LISTS page_files)
  set(file ${page_folder}/${name})
  # its checksum is in the table, so the table follows its content
  set_property(DIRECTORY ${CMAKE_SOURCE_DIR} APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
  file(SHA256 ${file} sum)
  string(SUBSTRING ${sum} 0 32 sum)
  set(packed ${page_out}/${page_number}.gz)
  add_custom_command(OUTPUT ${packed}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${page_out}
    COMMAND sh -c "gzip -9 -n -c '${file}' > '${packed}'"
    DEPENDS ${file} VERBATIM)
  list(APPEND page_packed ${packed})
  if(name STREQUAL "index.html")
    set(path "/")
  else()
    set(path "/${name}")
  endif()
  string(APPEND page_data "PAGE_BYTES(plain_${page_number}, \"${file}\")\nPAGE_BYTES(gzip_${page_number}, \"${packed}\")\n")
  string(APPEND page_rows "    PageFile{\"${path}\", \"\\\"${sum}\\\"\", PAGE(${page_number})},\n")
  math(EXPR page_number "${page_number} + 1")
endforeach()
configure_file(${CMAKE_SOURCE_DIR}/cmake/page_files.cpp.in ${page_out}/page_files.cpp @ONLY)
if(page_packed)
  set_property(SOURCE ${page_out}/page_files.cpp PROPERTY OBJECT_DEPENDS "${page_packed}")
endif()
target_sources(standstill_terminal PRIVATE ${page_out}/page_files.cpp ${page_packed})
