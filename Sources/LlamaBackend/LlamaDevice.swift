import CLlama

/// Something that computes: the CPU, or an accelerator.
public struct LlamaDevice: Sendable, Equatable {
    /// The name to use in options, such as `CPU`, `CUDA0` or `Metal`.
    public let name: String
    /// The product, such as `Apple M4`.
    public let product: String
    /// Whether layers can be offloaded to it.
    public let isAccelerator: Bool
    /// Bytes that are free on the device, as it reports.
    public let freeMemory: Int

    init(handle: ggml_backend_dev_t) {
        var free = 0
        var total = 0
        ggml_backend_dev_memory(handle, &free, &total)
        let kind = ggml_backend_dev_type(handle)
        name = String(cString: ggml_backend_dev_name(handle))
        product = String(cString: ggml_backend_dev_description(handle))
        isAccelerator =
            kind == GGML_BACKEND_DEVICE_TYPE_GPU || kind == GGML_BACKEND_DEVICE_TYPE_IGPU
        freeMemory = free
    }
}
