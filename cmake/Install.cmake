# What `cmake --install` (./dev install) puts where: programs, libstandstill with its headers and CMake package, units.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

foreach(program standstill standstill-guard standstill-cutter)
  if(TARGET ${program})
    install(TARGETS ${program} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT programs)
  endif()
endforeach()

# libstandstill is the folder src/client behind the headers of include/standstill. One shared library, so that users
# link one name and the folders behind it stay ours to change.
get_target_property(client_type standstill_client TYPE)
if(NOT client_type STREQUAL INTERFACE_LIBRARY)
  file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/libstandstill.cpp CONTENT "// the code comes from src/client\n")
  add_library(libstandstill SHARED ${CMAKE_BINARY_DIR}/libstandstill.cpp)
  add_library(standstill::standstill ALIAS libstandstill)
  set_target_properties(libstandstill PROPERTIES
    OUTPUT_NAME standstill EXPORT_NAME standstill VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR})
  target_link_options(libstandstill PRIVATE "LINKER:--version-script=${CMAKE_SOURCE_DIR}/cmake/libstandstill.map")
  set_property(TARGET libstandstill APPEND PROPERTY LINK_DEPENDS ${CMAKE_SOURCE_DIR}/cmake/libstandstill.map)
  target_compile_features(libstandstill INTERFACE cxx_std_20)
  target_link_libraries(libstandstill PRIVATE standstill_flags "$<LINK_LIBRARY:WHOLE_ARCHIVE,standstill_client>")
  target_include_directories(libstandstill INTERFACE
    $<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)

  install(TARGETS libstandstill EXPORT standstill
    LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT library NAMELINK_COMPONENT library)
  install(DIRECTORY ${CMAKE_SOURCE_DIR}/include/standstill DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT library)
  install(EXPORT standstill NAMESPACE standstill:: FILE standstillTargets.cmake
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/standstill COMPONENT library)
  configure_package_config_file(${CMAKE_SOURCE_DIR}/cmake/standstillConfig.cmake.in
    ${CMAKE_BINARY_DIR}/standstillConfig.cmake INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/standstill)
  write_basic_package_version_file(${CMAKE_BINARY_DIR}/standstillConfigVersion.cmake COMPATIBILITY SameMinorVersion)
  install(FILES ${CMAKE_BINARY_DIR}/standstillConfig.cmake ${CMAKE_BINARY_DIR}/standstillConfigVersion.cmake
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/standstill COMPONENT library)
endif()

# The units name the programs by full path, which only the install prefix knows.
set(units_in ${CMAKE_SOURCE_DIR}/packaging/systemd)
set(units_out ${CMAKE_BINARY_DIR}/packaging)
file(GLOB units CONFIGURE_DEPENDS ${units_in}/*.service.in)
foreach(unit_in IN LISTS units)
  cmake_path(GET unit_in STEM LAST_ONLY unit)
  install(CODE "
    set(STANDSTILL_BINDIR \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_BINDIR}\")
    configure_file(\"${unit_in}\" \"${units_out}/${unit}\" @ONLY)" COMPONENT programs)
  install(FILES ${units_out}/${unit} DESTINATION lib/systemd/system COMPONENT programs)
endforeach()
install(FILES ${units_in}/standstill.sysusers DESTINATION lib/sysusers.d RENAME standstill.conf COMPONENT programs)
install(FILES ${CMAKE_SOURCE_DIR}/packaging/udev/60-standstill.rules DESTINATION lib/udev/rules.d COMPONENT programs)
install(FILES ${CMAKE_SOURCE_DIR}/packaging/schema/estop-v1.0.0.schema.json
  DESTINATION ${CMAKE_INSTALL_DATADIR}/standstill/schema COMPONENT programs)
install(FILES ${CMAKE_SOURCE_DIR}/packaging/redis/standstill.acl
  DESTINATION ${CMAKE_INSTALL_DATADIR}/standstill/redis COMPONENT programs)
install(FILES ${CMAKE_SOURCE_DIR}/packaging/prometheus/standstill.rules.yml
  DESTINATION ${CMAKE_INSTALL_DATADIR}/standstill/prometheus COMPONENT programs)
install(FILES ${CMAKE_SOURCE_DIR}/packaging/grafana/standstill.json
  DESTINATION ${CMAKE_INSTALL_DATADIR}/standstill/grafana COMPONENT programs)
# Manual page and completions come from the program itself, so that they name what it has.
if(TARGET standstill)
  set(made ${CMAKE_BINARY_DIR}/packaging)
  install(CODE "
    set(program \"$<TARGET_FILE:standstill>\")
    file(MAKE_DIRECTORY \"${made}\")
    execute_process(COMMAND \"\${program}\" manual OUTPUT_FILE \"${made}/standstill.1\" COMMAND_ERROR_IS_FATAL ANY)
    foreach(shell bash zsh fish)
      execute_process(COMMAND \"\${program}\" completion \${shell} OUTPUT_FILE \"${made}/completion.\${shell}\"
        COMMAND_ERROR_IS_FATAL ANY)
    endforeach()
    foreach(page standstill-guard.8 standstill-cutter.8)
      configure_file(\"${CMAKE_SOURCE_DIR}/packaging/man/\${page}\" \"${made}/\${page}\" COPYONLY)
    endforeach()
    configure_file(\"${CMAKE_SOURCE_DIR}/CHANGELOG.md\" \"${made}/CHANGELOG.md\" COPYONLY)
    configure_file(\"${CMAKE_SOURCE_DIR}/packaging/debian/changelog\" \"${made}/changelog\" COPYONLY)
    execute_process(COMMAND gzip -9 -n -f standstill.1 standstill-guard.8 standstill-cutter.8 CHANGELOG.md changelog
      WORKING_DIRECTORY \"${made}\" COMMAND_ERROR_IS_FATAL ANY)" COMPONENT programs)
  install(FILES ${made}/standstill.1.gz DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT programs)
  install(FILES ${made}/standstill-guard.8.gz ${made}/standstill-cutter.8.gz
    DESTINATION ${CMAKE_INSTALL_MANDIR}/man8 COMPONENT programs)
  install(FILES ${made}/completion.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions
    RENAME standstill COMPONENT programs)
  install(FILES ${made}/completion.zsh DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions
    RENAME _standstill COMPONENT programs)
  install(FILES ${made}/completion.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d
    RENAME standstill.fish COMPONENT programs)
  install(FILES ${made}/CHANGELOG.md.gz ${made}/changelog.gz DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT programs)
endif()
install(FILES ${CMAKE_SOURCE_DIR}/README.md ${CMAKE_SOURCE_DIR}/packaging/debian/copyright
  DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT programs)
install(FILES ${CMAKE_SOURCE_DIR}/packaging/debian/lintian-overrides
  DESTINATION ${CMAKE_INSTALL_DATADIR}/lintian/overrides RENAME standstill COMPONENT programs)
