---@meta
--- What an exporter gives and gets (docs/EXPORTERS.md), for editors that read
--- LuaCATS annotations. Never loaded.

---@class Exporter
---@field api 1
---@field name string letters, digits, _ and -: `?format=NAME`
---@field extension string ".txt"
---@field content_type string
---@field description string
---@field export fun(profile: Profile, out: Out, options: table<string, string>)

---@class ValueType
---@field type string "cpu"
---@field unit string "nanoseconds"

---@class ProfileHeader
---@field time_ns integer since 1970, when it began
---@field duration_ns integer 0: not a timed profile
---@field period integer
---@field period_type ValueType
---@field default_sample_type string
---@field drop_frames string a regular expression
---@field keep_frames string a regular expression
---@field doc_url string
---@field sample_types ValueType[]
---@field comments string[]

---@class ProfileMapping
---@field start integer
---@field limit integer
---@field offset integer
---@field filename string
---@field build_id string
---@field has_functions boolean
---@field has_filenames boolean
---@field has_line_numbers boolean
---@field has_inline_frames boolean

---@class ProfileFunction
---@field name string
---@field system_name string
---@field filename string
---@field start_line integer

---@class ProfileLine
---@field func integer a function's id
---@field line integer
---@field column integer

---@class ProfileLocation
---@field mapping integer a mapping's id, 0: none
---@field address integer
---@field lines ProfileLine[] innermost inlined function first
---@field is_folded boolean

---@class ProfileLabel
---@field key string
---@field str? string of a label that is text
---@field num? integer of one that is a number
---@field unit? string of one that is a number

--- Ids and positions count from 1. There only while `export` runs.
---@class Profile
local Profile = {}

---@return ProfileHeader
function Profile:header() end

---@return integer samples
---@return integer locations
---@return integer functions
---@return integer mappings
function Profile:counts() end

--- The tables are filled anew where they are given, else made.
---@param i integer
---@param locations? integer[]
---@param values? integer[]
---@param labels? ProfileLabel[]
---@return integer[] locations ids, leaf first
---@return integer[] values one per sample type
---@return ProfileLabel[] labels
function Profile:sample(i, locations, values, labels) end

---@param id integer
---@return ProfileLocation
function Profile:location(id) end

---@param id integer
---@return ProfileFunction
function Profile:func(id) end

---@param id integer
---@return ProfileMapping
function Profile:mapping(id) end

---@class Out
local Out = {}

---@param ... string|number
---@return Out
function Out:write(...) end

--- All that is written, before and after, leaves gzipped.
---@return Out
function Out:gzip() end
