// The only file that knows Python: arrays in, arrays out, the GIL released in between.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include "factor.hpp"

namespace nb = nanobind;
using namespace nb::literals;

NB_MODULE(_core, m) {
    m.def("factor", [](nb::ndarray<const double, nb::ndim<3>, nb::c_contig, nb::device::cpu> matrices) {
        const size_t M = matrices.shape(0), D = matrices.shape(1);
        double* cholesky = new double[M * D * D];
        nb::capsule own_c(cholesky, [](void* p) noexcept { delete[] static_cast<double*>(p); });
        double* inverse = new double[M * D * D];
        nb::capsule own_i(inverse, [](void* p) noexcept { delete[] static_cast<double*>(p); });
        std::ptrdiff_t failed;
        {
            nb::gil_scoped_release release;
            failed = bactrian::factor(matrices.data(), M, D, cholesky, inverse);
        }
        using Out = nb::ndarray<nb::numpy, double, nb::ndim<3>>;
        return nb::make_tuple(Out(cholesky, {M, D, D}, own_c), Out(inverse, {M, D, D}, own_i), failed);
    });
}
