// What all bindings share: NumPy's arrays as the core's rows, and the core's numbers as NumPy's arrays.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/unique_ptr.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "problem.hpp"

namespace nb = nanobind;
using namespace nb::literals;

namespace bactrian {

using AnyRows = nb::ndarray<nb::ro, nb::ndim<2>, nb::device::cpu>;
using Doubles = nb::ndarray<const double, nb::c_contig, nb::device::cpu>;
using Flags = nb::ndarray<const bool, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Labels = nb::ndarray<const std::ptrdiff_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

template <typename T, typename... Sizes>
auto make_array(std::size_t size, Sizes... shape) {
    std::unique_ptr<T[]> memory(new T[size]);
    nb::capsule owner(memory.get(), [](void* p) noexcept { delete[] static_cast<T*>(p); });
    T* data = memory.release();
    return std::pair(data, nb::ndarray<nb::numpy, T>(data, {std::size_t(shape)...}, owner));
}

// Numbers that were found, without a copy.
template <typename T, typename... Sizes>
auto handed_over(std::vector<T>&& numbers, Sizes... shape) {
    auto* kept = new std::vector<T>(std::move(numbers));
    nb::capsule owner(kept, [](void* p) noexcept { delete static_cast<std::vector<T>*>(p); });
    return nb::ndarray<nb::numpy, T>(kept->data(), {std::size_t(shape)...}, owner);
}

template <typename T>
auto copied(const std::vector<T>& from) {
    auto [data, array] = make_array<T>(from.size(), from.size());
    std::copy(from.begin(), from.end(), data);
    return array;
}

inline Rows rows_of(const AnyRows& rows, const std::optional<Doubles>& weight) {
    const bool single = rows.dtype() == nb::dtype<float>();
    if (!single && rows.dtype() != nb::dtype<double>()) throw std::invalid_argument("rows must be float32 or float64");
    if (weight && (weight->ndim() != 1 || weight->shape(0) != rows.shape(0)))
        throw std::invalid_argument("one weight for each row is needed");
    return {rows.data(),
            single,
            std::ptrdiff_t(rows.shape(0)),
            std::ptrdiff_t(rows.shape(1)),
            std::ptrdiff_t(rows.stride(0)),
            std::ptrdiff_t(rows.stride(1)),
            weight ? weight->data() : nullptr};
}

// Numbers one after the other for np.frombuffer: of small fits, handing over an array each would be a good part.
inline nb::object numbers(std::initializer_list<std::pair<const double*, std::size_t>> parts) {
    std::size_t size = 0;
    for (const auto& part : parts) size += part.second;
    nb::object all = nb::steal(PyByteArray_FromStringAndSize(nullptr, Py_ssize_t(size * sizeof(double))));
    if (!all) nb::raise_python_error();
    char* to = PyByteArray_AS_STRING(all.ptr());
    for (const auto& part : parts) {
        if (part.second) std::memcpy(to, part.first, part.second * sizeof(double));
        to += part.second * sizeof(double);
    }
    return all;
}
inline nb::object numbers(const std::vector<double>& a, const std::vector<double>& b, const std::vector<double>& c) {
    return numbers({{a.data(), a.size()}, {b.data(), b.size()}, {c.data(), c.size()}});
}

}  // namespace bactrian
