import CLlama

/// libllama as a whole: its version, its devices, its log.
public enum LlamaRuntime {
    /// The library's version, such as `0.5.0-dev`.
    public static var version: String { String(cString: llama_version()) }

    /// The version and commit of the library of kernels underneath.
    public static var kernels: String {
        "ggml \(String(cString: ggml_version())) (\(String(cString: ggml_commit())))"
    }

    /// What the library was built for and what this machine offers, as libllama words it.
    public static var systemInfo: String {
        start()
        return String(cString: llama_print_system_info())
    }

    /// The devices that members can run on; the CPU among them.
    public static var devices: [LlamaDevice] {
        start()
        return (0..<ggml_backend_dev_count()).compactMap { index in
            ggml_backend_dev_get(index).map(LlamaDevice.init(handle:))
        }
    }

    /// Whether libllama's own log goes to standard error. Off unless set.
    public static func echoLog(_ on: Bool) {
        start()
        LlamaLog.echo(on)
    }

    /// Starts the library, once a process. Everything that needs it calls this.
    static func start() { _ = started }

    private static let started: Void = {
        LlamaLog.install()
        // Builds with loadable backends register none by themselves. Others need no search, which
        // would look into the working folder.
        if ggml_backend_dev_count() == 0 { ggml_backend_load_all() }
        llama_backend_init()
    }()
}
