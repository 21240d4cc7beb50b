-- work.lua PROGRAM SECONDS: runs a program for so much CPU time.
local clock = require "clock"
local run, stop = dofile(arg[1]), clock.thread() + tonumber(arg[2])
while clock.thread() < stop do run(1) end
