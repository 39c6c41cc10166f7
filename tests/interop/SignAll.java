import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Signs many documents with the DCC's own signer in one virtual machine, each with the tool's test key for its
 * originator; the signed document takes the place of the other.
 *
 * <p>java -cp tool.jar SignAll.java document.xml...
 */
class SignAll {
    public static void main(String[] documents) throws Exception {
        System.setErr(new PrintStream(OutputStream.nullOutputStream()));
        for (String document : documents) {
            ByteArrayOutputStream signed = new ByteArrayOutputStream();
            System.setOut(new PrintStream(signed));
            uk.co.smartdcc.boxed.xmldsig.Sign.main_aux(new String[] {document, "--preserveCounter"});
            Files.write(Path.of(document), signed.toByteArray());
        }
    }
}
