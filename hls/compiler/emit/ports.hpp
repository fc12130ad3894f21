// The ports of a kernel's modules by name: what the top, the processes and the bench adapter agree on.
// Ownership: values. Threading: none. Errors: none.
#pragma once

#include <string>
#include <vector>

#include "hls/compiler/ir/ir.hpp"

namespace sluice::hlsc {

// One port of an array argument: A_address0_o, A_ce0_o, and as it reads A_q0_i, as it writes A_we0_o and A_d0_o.
struct ArrayPort {
  bool reads = false;
  bool writes = false;
};

struct ArrayPorts {
  int process = -1;  // that accesses the array; -1: none, then there are no ports
  std::vector<ArrayPort> ports;
};

// Base names, unique with all their suffixes; parallel to the kernel's vectors.
struct PortNames {
  std::vector<std::string> streams, scalars, outputs, arrays;
  std::vector<std::string> modules;  // of the processes
};

[[nodiscard]] PortNames port_names(const Kernel& kernel);
[[nodiscard]] std::string top_name(const Kernel& kernel);
[[nodiscard]] std::vector<ArrayPorts> array_ports(const Kernel& kernel);  // parallel to Kernel::array_arguments

}  // namespace sluice::hlsc
