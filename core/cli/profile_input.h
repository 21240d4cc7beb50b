/* profile_input.h -- the profile that a command line names. */
#ifndef CLI_PROFILE_INPUT_H
#define CLI_PROFILE_INPUT_H

#include "base/err.h"

struct profile;

/* Read a pprof file, stdin for "-", or what an http:// URL answers with. NULL
 * and err, which names the input, when that fails. */
struct profile *profile_input_read(const char *input, struct err *err);

#endif
