extension ChatTemplate {
    /// Texts of templates for model files that carry none, by name.
    ///
    /// - `chatml`: what most models since 2023 are trained on, in its barest form.
    /// - `falcon`: Falcon 180B Chat.
    /// - `llama-2`: Llama 2 Chat, as its makers published it.
    /// - `vicuna`: Vicuna 1.1 to 1.5, as FastChat writes it.
    public static let named: [String: String] = [
        "chatml": text(PackageResources.chatml_jinja),
        "falcon": text(PackageResources.falcon_jinja),
        "llama-2": text(PackageResources.llama_2_jinja),
        "vicuna": text(PackageResources.vicuna_jinja),
    ]

    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
