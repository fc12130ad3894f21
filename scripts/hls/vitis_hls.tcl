# Runs a kernel through the real Vitis HLS: C simulation of its compilation, synthesis, and a summary to compare with ours.
# Not run here: this project's machines have no Vitis. It says what the sources claim, namely that Vitis HLS takes them.
#
#   vitis_hls -f scripts/hls/vitis_hls.tcl -tclargs SOURCE TOP [CLOCK_NS] [PART]
#   vitis_hls -f scripts/hls/vitis_hls.tcl -tclargs hls/router/router_kernel.cpp sluice_router 4 xcvu9p-flgb2104-2-i
#
# Vitis' own ap_int.h and hls_stream.h are used, not those of hls/include: that folder is not searched.
# The report is in vitis/TOP/solution/syn/report; sluice-hls writes the same figures to TOP.json and TOP.txt.

set arguments $argv
# Older versions hand over '-f script -tclargs' too.
if {[lsearch $arguments "-tclargs"] >= 0} {
  set arguments [lrange $arguments [expr {[lsearch $arguments "-tclargs"] + 1}] end]
}
if {[llength $arguments] < 2} {
  puts stderr "usage: vitis_hls -f scripts/hls/vitis_hls.tcl -tclargs SOURCE TOP \[CLOCK_NS\] \[PART\]"
  exit 2
}
set source [file normalize [lindex $arguments 0]]
set top [lindex $arguments 1]
set clock_ns [expr {[llength $arguments] > 2 ? [lindex $arguments 2] : 4}]
set part [expr {[llength $arguments] > 3 ? [lindex $arguments 3] : "xcvu9p-flgb2104-2-i"}]
if {![file exists $source]} {
  puts stderr "vitis_hls.tcl: there is no file '$source'"
  exit 2
}

set root [file normalize [file join [file dirname [info script]] .. ..]]
set flags "-std=c++17 -I$root"

open_project -reset vitis/$top
set_top $top
add_files $source -cflags $flags
open_solution -reset solution -flow_target vivado
set_part $part
create_clock -period $clock_ns -name default
csynth_design
export_design -format ip_catalog -output vitis/$top.zip
close_project
puts "vitis_hls.tcl: the report is in vitis/$top/solution/syn/report"
exit 0
