# cmake -DOUTPUT=FILE -DHEADERS=a.pb-c.h;b.pb-c.h -P proto_registry.cmake:
# writes the table of all message descriptors that the headers declare.
set(includes "")
set(entries "")
foreach(header ${HEADERS})
  get_filename_component(name ${header} NAME)
  string(APPEND includes "#include \"${name}\"\n")
  file(STRINGS ${header} lines REGEX "^extern const ProtobufCMessageDescriptor")
  foreach(line ${lines})
    string(REGEX REPLACE "^.* ([A-Za-z0-9_]+);.*$" "\\1" symbol "${line}")
    string(APPEND entries "    &${symbol},\n")
  endforeach()
endforeach()
file(WRITE ${OUTPUT}
"${includes}
#include \"export/proto_registry.h\"

const ProtobufCMessageDescriptor *const proto_registry[] = {
${entries}    NULL,
};
")
