# `cpack -G DEB` (./dev package): one package of programs, library, units and udev rules, for the distribution it was built on.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME standstill)
set(CPACK_PACKAGE_CONTACT "Standstill maintainers <maintainers@standstill.invalid>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "keeps machines safe when the thing that commands them goes silent")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION electronics)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION "A supervisor, a guard and two cutters: the supervisor watches whatever
commands a plant, such as a model-railway server, a meter or a PLC; the
guard owns the latch and makes the outputs safe when it goes silent; the
cutters do so when the guard does not. A trip is recorded, told, and ended
by an operator.
.
An upgrade ends all four: every output goes safe, and stays so until
somebody acknowledges, resets and starts.")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${CMAKE_SOURCE_DIR}/packaging/debian/postinst ${CMAKE_SOURCE_DIR}/packaging/debian/prerm
  ${CMAKE_SOURCE_DIR}/packaging/debian/postrm ${CMAKE_SOURCE_DIR}/packaging/debian/triggers)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS systemd)
include(CPack)
