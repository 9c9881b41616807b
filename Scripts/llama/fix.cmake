# CMake reads this at each project() of llama.cpp (CMAKE_PROJECT_INCLUDE).
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64|amd64")
    add_compile_options("$<$<COMPILE_LANGUAGE:C,CXX>:SHELL:-include \"${CMAKE_CURRENT_LIST_DIR}/amx-tiles.h\">")
endif()
