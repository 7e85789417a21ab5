// Prints the layout the C++ core was compiled with, in the shape of test/conformance/layout.json ("constants", and the
// "lp64" column as "structs"), for a test to compare.
#include <cstddef>
#include <cstdio>

#include "ctrl_if/layout.hpp"

namespace {

using namespace ctrl_if;

struct Field {
  const char* name;
  size_t offset;
  size_t size;
};

void print_struct(const char* name, size_t size, const Field* fields, bool first) {
  std::printf("%s\n  \"%s\": {\"size\": %zu, \"fields\": [", first ? "" : ",", name, size);
  const char* comma = "";
  for (const Field* field = fields; field->name != nullptr; field++) {
    std::printf("%s{\"name\": \"%s\", \"offset\": %zu, \"size\": %zu}", comma, field->name, field->offset, field->size);
    comma = ", ";
  }
  std::printf("]}");
}

}  // namespace

int main() {
  const char* comma = "";
  std::printf("{\"constants\": {");
#define PRINT_CONSTANT(name, value)                                           \
  std::printf("%s\n  \"%s\": %u", comma, #name, static_cast<unsigned>(name)); \
  comma = ",";
  CTRL_IF_CONSTANTS(PRINT_CONSTANT)
  std::printf("\n},\n\"structs\": {");
  bool first = true;
#define FIELD_ROW(type, field, at) {#field, offsetof(dumped, field), sizeof(type)},
#define PRINT_STRUCT(name, bytes)                                             \
  {                                                                           \
    using dumped [[maybe_unused]] = name;                                     \
    const Field fields[] = {CTRL_IF_FIELDS_##name(FIELD_ROW){nullptr, 0, 0}}; \
    print_struct(#name, wire_size<dumped>, fields, first);                    \
    first = false;                                                            \
  }
  CTRL_IF_STRUCTS(PRINT_STRUCT)
  std::printf("\n}}\n");
  return 0;
}
