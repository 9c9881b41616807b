import Foundation

/// Files that come with the program: in the checkout that it was built in, or in `share/eft` where it was installed.
package enum ProgramFiles {
    /// The first of some files or folders that is there.
    ///
    /// - Parameters:
    ///   - inCheckout: its path in a checkout.
    ///   - installed: its path in `share/eft`.
    package static func find(inCheckout: String, installed: String) -> String? {
        var folder = Bundle.main.executableURL?.resolvingSymlinksInPath()
            .deletingLastPathComponent()
        // .build/<triple>/<configuration>/eft in a checkout, bin/eft where it was installed.
        for _ in 0..<5 {
            guard let place = folder, place.path != "/" else { break }
            for path in [inCheckout, "share/eft/\(installed)"] {
                let candidate = place.appending(path: path).path
                if FileManager.default.fileExists(atPath: candidate) { return candidate }
            }
            folder = place.deletingLastPathComponent()
        }
        return nil
    }
}
