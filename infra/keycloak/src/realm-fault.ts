/** A realm file or a setting that a person has to mend: what is wrong in `message`, what helps in `help`. */
export class RealmFault extends Error {
  override readonly name = 'RealmFault';
  readonly help: string;

  constructor(what: string, help: string) {
    super(what);
    this.help = help;
  }
}
