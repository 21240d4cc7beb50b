/* profile_section.h -- the target's profiles in the summary: as text, and as
 * JSON.
 *
 * Path: profile_capture.c -> [profile_section] -> summary
 */
#ifndef REPORT_PROFILE_SECTION_H
#define REPORT_PROFILE_SECTION_H

struct buf;
struct json_writer;
struct profile_capture;

/* Functions of each profile that the JSON has. */
#define PROFILE_SECTION_JSON_FUNCTIONS 100

/* Append the section PROFILES, with `top` functions of each. */
void profile_section_write(struct buf *out,
                           const struct profile_capture *capture, unsigned top);

/* Writes the member "profiles", an object on one line:
 *   {"window": {"begin": S, "seconds": S, "requests": N},
 *    "kinds": {"cpu": {"file", "type", "unit", "total", "samples",
 *                      "functions": [{"name", "flat", "own", "cum",
 *                                     "samples": of own}...],
 *                      "endpoints": {NAME: {"total", "functions"}...}},
 *              "heap": {"error": "403 Forbidden"}}}
 * Values are in the profile's unit; `samples` is there where the profile counts
 * them. Without a window it is null. */
void profile_section_write_json(struct json_writer *json,
                                const struct profile_capture *capture);

#endif
