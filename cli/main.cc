// The program's entry; everything happens in program.cc.
#include "cli/program.h"

int main(int argc, char** argv) { return snapfs::run_program(argc, argv); }
