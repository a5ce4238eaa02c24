// The program's entry; everything happens in program.cc.
#include "cli/process/out_of_memory.h"
#include "cli/program.h"

int main(int argc, char** argv) {
  snapfs::tell_of_memory_that_ran_out();
  return snapfs::run_program(argc, argv);
}
