/** An address as addresses are compared: people do not mind capitals, and no provider they use does. */
export const emailKeyOf = (email: string): string => email.trim().normalize('NFC').toLowerCase();
