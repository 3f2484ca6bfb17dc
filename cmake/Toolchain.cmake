# One set of flags for every target, so that no folder has its own idea of C++.
set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib)
set(CMAKE_ARCHIVE_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib)

add_library(standstill_flags INTERFACE)
target_compile_options(standstill_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor -Wold-style-cast
  -Wimplicit-fallthrough -Werror -fno-strict-aliasing)
# sanitizers confuse gcc 12's flow warnings; they stay on in the plain builds
if(STANDSTILL_SANITIZE)
  target_compile_options(standstill_flags INTERFACE
    -fsanitize=${STANDSTILL_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer -Wno-maybe-uninitialized -Wno-stringop-overflow -Wno-sign-conversion -Wno-tsan)
  target_link_options(standstill_flags INTERFACE -fsanitize=${STANDSTILL_SANITIZE})
endif()

find_program(STANDSTILL_MOLD mold)
if(STANDSTILL_MOLD)
  add_link_options(-fuse-ld=mold)
endif()
