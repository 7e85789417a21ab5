/* A deliberate leak: a check that does not find it would find no other leak. */
#include <stdlib.h>
#include <string.h>

__attribute__((constructor)) static void leak(void) {
  char* volatile lost = malloc(4321);
  memset(lost, 1, 4321);
  lost = NULL;
}
